"""A claim: what a project says it saved, how that is measured, priced, paid for, and when it is looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hoshin.errors import InvalidInput
from hoshin.value.kpi import Pin, pin_of
from hoshin.value.range import Range, range_of

KINDS = {
    "cash": "money that leaves the budget: fewer licences, less overtime, fewer penalties",
    "capacity": "hours freed; only the share that is really redeployed or removed counts",
    "avoidance": "cost that would have come: never added to cash",
}
DISCOUNT = Range(0.06, 0.08, 0.10)
COSTS = ("licences", "build", "run", "change")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one hour, error or case is worth: dated and signed. Valid from `valid_from` to `valid_to`, inclusive."""

    what: str
    amount: Range
    currency: str
    valid_from: date
    valid_to: date
    source: str
    signed_by: str
    signed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """From KPI units to money: effect x `volume_per_year` x `per_unit` (hours, errors) x price.

    `rework_share` is lost again; `realised_share` is what is redeployed or removed, 1 for cash.
    """

    kind: str
    recurrence: str
    volume_per_year: Range
    per_unit: Range
    rework_share: Range
    realised_share: Range
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One cost line: `once` at the start, `yearly` every year of the horizon."""

    category: str
    what: str
    once: Range
    yearly: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """See `claim_of` for the plain form. `half_life_years` None: no decay was claimed to be known."""

    id: str
    title: str
    owner: str
    verified_by: str
    registered_on: date
    kpi: Pin
    money: Money
    estimator: str = "auto"
    options: Mapping[str, Any] = field(default_factory=dict)
    alpha: float = 0.05
    log: bool = False
    seed: int = 0
    costs: tuple[Cost, ...] = ()
    years: int = 3
    discount_share: Range = DISCOUNT
    half_life_years: Range | None = None
    remeasure_on: date | None = None


def claim_of(data: Mapping[str, Any]) -> Claim:
    """The claim in plain data (TOML or JSON). Every error names the field. Raises InvalidInput(value.claim...)."""
    known = {
        "id", "title", "owner", "verified_by", "registered_on", "kpi", "measure", "money", "costs", "worth",
    }  # fmt: skip
    _refuse(data, known, {"id", "title", "owner", "verified_by", "registered_on", "kpi", "money"}, "the claim")
    measure, worth = data.get("measure", {}), data.get("worth", {})
    _refuse(measure, {"estimator", "options", "alpha", "log", "seed"}, set(), "measure")
    _refuse(worth, {"years", "discount_share", "half_life_years", "remeasure_on"}, set(), "worth")
    if str(data["owner"]).casefold() == str(data["verified_by"]).casefold():
        raise InvalidInput(
            "value.four_eyes",
            f"{data['owner']} owns the claim and verifies it.",
            hint="Who proposes a saving does not verify it.",
        )
    years = int(worth.get("years", 3))
    if not 1 <= years <= 20:
        raise InvalidInput("value.claim", f"worth.years is {years}; it must be 1 to 20.")
    half = worth.get("half_life_years")
    return Claim(
        id=str(data["id"]),
        title=str(data["title"]),
        owner=str(data["owner"]),
        verified_by=str(data["verified_by"]),
        registered_on=_day(data["registered_on"], "registered_on"),
        kpi=pin_of(data["kpi"]),
        money=_money(data["money"]),
        estimator=str(measure.get("estimator", "auto")),
        options=dict(measure.get("options", {})),
        alpha=float(measure.get("alpha", 0.05)),
        log=bool(measure.get("log", False)),
        seed=int(measure.get("seed", 0)),
        costs=tuple(_cost(c, i) for i, c in enumerate(data.get("costs", ()), start=1)),
        years=years,
        discount_share=range_of(worth.get("discount_share", [0.06, 0.08, 0.10]), "worth.discount_share", least=-0.5),
        half_life_years=None if half is None else range_of(half, "worth.half_life_years", least=0.05),
        remeasure_on=_day(worth["remeasure_on"], "worth.remeasure_on") if worth.get("remeasure_on") else None,
    )


def as_data(claim: Claim) -> dict[str, Any]:
    """The plain form again: `claim_of(as_data(c)) == c`."""
    from hoshin.value.seal import plain

    flat: dict[str, Any] = plain(claim)
    measure = {k: flat.pop(k) for k in ("estimator", "options", "alpha", "log", "seed")}
    worth = {k: flat.pop(k) for k in ("years", "discount_share", "half_life_years", "remeasure_on")}
    return {**flat, "measure": measure, "worth": {k: v for k, v in worth.items() if v is not None}}


def _money(data: Mapping[str, Any]) -> Money:
    fields = {"kind", "recurrence", "volume_per_year", "per_unit", "rework_share", "realised_share", "price"}
    _refuse(data, fields, {"kind", "recurrence", "volume_per_year", "price"}, "money")
    if data["kind"] not in KINDS:
        raise InvalidInput.unknown("value.kind", "kind of saving", str(data["kind"]), KINDS)
    if data["recurrence"] not in ("recurring", "one-off"):
        raise InvalidInput.unknown("value.recurrence", "recurrence", str(data["recurrence"]), ("recurring", "one-off"))
    if data["kind"] == "capacity" and "realised_share" not in data:
        raise InvalidInput(
            "value.realised",
            "Freed hours are no saving by themselves: realised_share is missing.",
            hint="State which share of the hours is really redeployed or removed, e.g. [0.4, 0.5, 0.7].",
        )
    return Money(
        kind=str(data["kind"]),
        recurrence=str(data["recurrence"]),
        volume_per_year=range_of(data["volume_per_year"], "money.volume_per_year", least=0.0),
        per_unit=range_of(data.get("per_unit", 1.0), "money.per_unit", least=0.0),
        rework_share=range_of(data.get("rework_share", 0.0), "money.rework_share", least=0.0, most=1.0),
        realised_share=range_of(data.get("realised_share", 1.0), "money.realised_share", least=0.0, most=1.0),
        price=_price(data["price"]),
    )


def _price(data: Mapping[str, Any]) -> Price:
    fields = set(Price.__dataclass_fields__)
    _refuse(data, fields, fields, "money.price")
    if not str(data["signed_by"]).strip() or not str(data["source"]).strip():
        raise InvalidInput("value.price", "A price has a source and somebody who signed it.")
    price = Price(
        what=str(data["what"]),
        amount=range_of(data["amount"], "money.price.amount", least=0.0),
        currency=str(data["currency"]),
        valid_from=_day(data["valid_from"], "money.price.valid_from"),
        valid_to=_day(data["valid_to"], "money.price.valid_to"),
        source=str(data["source"]),
        signed_by=str(data["signed_by"]),
        signed_on=_day(data["signed_on"], "money.price.signed_on"),
    )
    if price.valid_to < price.valid_from:
        raise InvalidInput("value.price", f"The price ends ({price.valid_to}) before it starts ({price.valid_from}).")
    return price


def _cost(data: Mapping[str, Any], number: int) -> Cost:
    _refuse(data, {"category", "what", "once", "yearly"}, {"category"}, f"cost {number}")
    if data["category"] not in COSTS:
        raise InvalidInput.unknown("value.cost", "cost category", str(data["category"]), COSTS)
    return Cost(
        category=str(data["category"]),
        what=str(data.get("what", "")),
        once=range_of(data.get("once", 0.0), f"cost {number} once", least=0.0),
        yearly=range_of(data.get("yearly", 0.0), f"cost {number} yearly", least=0.0),
    )


def _refuse(data: Mapping[str, Any], known: set[str], needed: set[str], where: str) -> None:
    for name in data:
        if name not in known:
            raise InvalidInput.unknown("value.claim_field", f"field of {where}", name, known)
    missing = sorted(needed - set(data))
    if missing:
        raise InvalidInput(
            "value.claim", f"{where} lacks {', '.join(missing)}.", hint=f"Fields: {', '.join(sorted(known))}."
        )


def _day(value: Any, what: str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidInput("value.date", f"{what} is {value!r}.", hint="Write a day as 2026-03-31.") from error
