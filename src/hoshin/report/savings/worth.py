"""The money of a claim in rows and one sentence: the same words on the page and on paper."""

from __future__ import annotations

from hoshin.value.pack import Judged


def money_rows(judged: Judged) -> list[list[str]]:
    """Name, low, likely, high of every step from hours (or units) to the net present value."""
    worth = judged.worth
    steps = (
        (f"{judged.claim.money.price.what}s a year", worth.hours_or_units_per_year),
        ("gross", worth.gross),
        ("lost to rework", worth.lost_to_rework),
        ("not realised", worth.not_realised),
        ("realised", worth.realised),
        ("costs", worth.cost),
        ("net", worth.net),
        (f"net present value over {judged.claim.years} years", worth.npv),
    )
    return [[name, *map(_figure, (i.low, i.likely, i.high))] for name, i in steps]


def price_note(judged: Judged) -> str:
    """What one hour or unit is worth, who says so, until when, and how sure the bounds are."""
    price = judged.claim.money.price
    return (
        f"One {price.what} is worth {price.currency} {price.amount.low:g} to {price.amount.high:g}, likely "
        f"{price.amount.likely:g}: {price.source}, signed by {price.signed_by} on {price.signed_on}, valid "
        f"{price.valid_from} to {price.valid_to}. Bounds hold with {100 * (1 - judged.claim.alpha):g} % chance."
    )


def _figure(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 100 else f"{value:,.0f}"
