"""From an estimate to money: gross, lost to rework, realised, costs, net, NPV; each an interval, none a bare number.

Only what was shown is certified: with a verdict of "not shown" the certified figures are zero and the
potential is said to be one. `bankable` is the lower bound of the net value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.value.claim import COSTS, Claim
from hoshin.value.estimate import Estimate, verdict
from hoshin.value.finding import Finding, note, warning
from hoshin.value.range import Draws, Interval, interval_of
from hoshin.value.spread import t_quantile

DRAWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Per year in `currency` unless said otherwise. `certified`: the effect was shown; else all is potential.

    `cost_by_category` are yearly averages over the horizon. `value_by_year` is net, discounted by nothing.
    `pays_back_share`: chance that the net present value is above zero.
    """

    currency: str
    kind: str
    recurrence: str
    certified: bool
    saved_per_unit: Interval
    hours_or_units_per_year: Interval
    gross: Interval
    lost_to_rework: Interval
    not_realised: Interval
    realised: Interval
    cost: Interval
    net: Interval
    npv: Interval
    value_by_year: tuple[Interval, ...]
    cost_by_category: dict[str, float]
    pays_back_share: float
    payback_years: float | None
    bankable: float
    findings: tuple[Finding, ...]


def worth_of(claim: Claim, estimate: Estimate) -> Worth:
    """Propagate the interval of the effect and of every price and share by `DRAWS` seeded draws."""
    said = _judged(claim, estimate)
    rng = np.random.default_rng(claim.seed)
    saved = saved_draws(claim, estimate, rng)
    money = claim.money
    volume = money.volume_per_year.draw(rng, DRAWS)
    per_unit = money.per_unit.draw(rng, DRAWS)
    price = money.price.amount.draw(rng, DRAWS)
    rework = money.rework_share.draw(rng, DRAWS)
    share = money.realised_share.draw(rng, DRAWS)
    units = saved * volume * per_unit
    gross = units * price
    after_rework = gross * (1 - rework)
    realised = after_rework * share
    once, yearly, by_category = _costs(claim, rng)
    years = _years(claim, realised, once, yearly, rng)
    rate = claim.discount_share.draw(rng, DRAWS)
    npv = -once + sum(value / (1 + rate) ** (k + 1) for k, value in enumerate(years))
    average = sum(years) / claim.years - once / claim.years
    shown = verdict(estimate, claim.kpi.better).status == "shown"  # type: ignore[arg-type]
    alpha = claim.alpha
    net = interval_of(np.asarray(average), alpha)
    total = [-float(np.median(once))]
    for value in years:
        total.append(total[-1] + float(np.median(value)))
    return Worth(
        currency=money.price.currency,
        kind=money.kind,
        recurrence=money.recurrence,
        certified=shown,
        saved_per_unit=interval_of(saved, alpha),
        hours_or_units_per_year=interval_of(units, alpha),
        gross=interval_of(gross, alpha),
        lost_to_rework=interval_of(gross - after_rework, alpha),
        not_realised=interval_of(after_rework - realised, alpha),
        realised=interval_of(realised, alpha),
        cost=interval_of(yearly + once / claim.years, alpha),
        net=net,
        npv=interval_of(np.asarray(npv), alpha),
        value_by_year=tuple(interval_of(v, alpha) for v in years),
        cost_by_category=by_category,
        pays_back_share=float(np.mean(npv > 0)),
        payback_years=_payback(total),
        bankable=max(0.0, net.low) if shown else 0.0,
        findings=said,
    )


def saved_draws(claim: Claim, estimate: Estimate, rng: np.random.Generator) -> Draws:
    """Saving per KPI unit, positive = better: two half-normals that meet the interval's bounds, (DRAWS,)."""
    sign = -1.0 if claim.kpi.better == "lower" else 1.0
    z = rng.standard_normal(DRAWS)
    reach = t_quantile(1 - estimate.alpha / 2, 1e9)
    if estimate.low is None or estimate.high is None:
        raise InvalidInput(
            "value.no_interval",
            "The estimate has no interval: money cannot be put on it.",
            hint="Use a design with valid inference; see the findings of the estimate.",
        )
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        raise InvalidInput("value.no_interval", "The interval is unbounded: money cannot be put on it.")
    up, down = (estimate.high - estimate.effect) / reach, (estimate.effect - estimate.low) / reach
    effect = estimate.effect + np.where(z > 0, z * up, z * down)
    if estimate.log:
        return np.asarray(sign * math.exp(estimate.baseline) * np.expm1(effect))
    return np.asarray(sign * effect)


def _judged(claim: Claim, estimate: Estimate) -> tuple[Finding, ...]:
    said = []
    price = claim.money.price
    if not price.valid_from <= claim.registered_on <= price.valid_to:
        raise InvalidInput(
            "value.price_date",
            f"The price of {price.what} holds {price.valid_from} to {price.valid_to}, the claim is of "
            f"{claim.registered_on}.",
            hint="Have a current price signed.",
        )
    if price.signed_on > claim.registered_on:
        says = f"The price was signed on {price.signed_on}, after the claim."
        said.append(warning("price_signed_later", says))
    if not claim.costs:
        said.append(warning("no_costs", "No cost is stated: net is gross, which no project is."))
    if claim.half_life_years is None and claim.money.recurrence == "recurring" and claim.years > 1:
        says = f"No decay is stated: the saving is taken to last {claim.years} years unchanged."
        said.append(warning("no_decay", says))
    if claim.remeasure_on is None:
        said.append(warning("no_remeasurement", "No date for measuring again."))
    if claim.money.kind == "avoidance":
        said.append(note("avoidance", "Cost avoidance: reported beside cash, never added to it."))
    if estimate.grade == "D":
        said.append(warning("grade_d", "No comparison units: finance should treat this as a forecast."))
    return tuple(said)


def _costs(claim: Claim, rng: np.random.Generator) -> tuple[Draws, Draws, dict[str, float]]:
    once, yearly = np.zeros(DRAWS), np.zeros(DRAWS)
    by_category = dict.fromkeys(COSTS, 0.0)
    for cost in claim.costs:
        a, b = cost.once.draw(rng, DRAWS), cost.yearly.draw(rng, DRAWS)
        once, yearly = once + a, yearly + b
        by_category[cost.category] += float(np.median(a)) / claim.years + float(np.median(b))
    return once, yearly, by_category


def _years(claim: Claim, realised: Draws, once: Draws, yearly: Draws, rng: np.random.Generator) -> list[Draws]:
    """Net value of each year, the one-time costs apart."""
    half = None if claim.half_life_years is None else claim.half_life_years.draw(rng, DRAWS)
    values = []
    for k in range(claim.years):
        left = np.ones(DRAWS) if half is None else 0.5 ** (k / half)
        if claim.money.recurrence == "one-off" and k > 0:
            left = np.zeros(DRAWS)
        values.append(realised * left - yearly)
    return values


def _payback(total: list[float]) -> float | None:
    """Years until the median cumulated value (total[0] = minus the one-time costs) is back at zero.

    >>> _payback([-10.0, -4.0, 4.0]), _payback([-1.0, -2.0])
    (1.5, None)
    """
    if total[0] >= 0:
        return 0.0
    for k in range(1, len(total)):
        if total[k] >= 0:
            return k - total[k] / (total[k] - total[k - 1])
    return None
