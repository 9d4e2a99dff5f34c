"""Synthetic control: a weighted mix of untreated donors that tracked the treated unit before go-live.

Abadie, Diamond and Hainmueller (2010), JASA; with `centred`, levels are removed first (Ferman and Pinto
2021; the intercept of augmented synthetic control). Inference by placebo: the same is done to every
donor, and the treated unit's rank among them is the p-value. With J donors p cannot fall below 1/(J+1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.value.donors import Block, block_of
from hoshin.value.estimate import Effect, Estimate, check_alpha
from hoshin.value.finding import Check, Finding, listed, merged, note, warning
from hoshin.value.panel import Matrix, Panel
from hoshin.value.predictors import predictor_weights
from hoshin.value.simplex import Vector, simplex_weights


@dataclass(frozen=True, slots=True)
class Fit:
    """One synthetic unit: donor weights (J,), its path (T,), gaps (T,), root mean square gap before."""

    weights: Vector
    path: Vector
    gap: Vector
    before: float


def estimate(
    panel: Panel,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    centred: bool = False,
    predictors: Matrix | None = None,
    fit_periods: Sequence[str] = (),
    donors: Sequence[str] = (),
) -> Estimate:
    """Mean gap after go-live between the treated unit (or mean of several) and its synthetic twin.

    `predictors` float64 (n_units, k): match these instead of the outcome path, with importance chosen to
    track the outcome over `fit_periods` (default: all before go-live). `donors`: names allowed; default
    all never-treated. `seed` is unused: nothing here is random.
    """
    check_alpha(alpha)
    block = block_of(panel, donors)
    ssr = np.arange(block.start)
    if fit_periods:
        ssr = np.array([panel.at(p) for p in fit_periods])
    if (ssr >= block.start).any():
        raise InvalidInput("value.fit_periods", "A fit period lies after go-live.", hint="Fit on the baseline only.")
    x1, x0 = _predictors(block, predictors)
    main = _fit(block.treated, block.donors, block.start, ssr, x1, x0, centred)
    effect = float(main.gap[block.start :].mean())
    scale = float(np.std(block.treated[: block.start])) or float(np.abs(block.treated).max()) or 1.0
    if float(np.ptp(block.donors)) == 0 and float(np.ptp(block.treated)) == 0:
        raise InvalidInput("value.constant", "Treated unit and donors are constant: nothing can be estimated.")
    placebo = _placebos(block, ssr, x0, centred)
    ratios = np.array([_ratio(f, block.start) for f in placebo])
    own = _ratio(main, block.start)
    n_donors = len(placebo)
    p, low, high = None, None, None
    said = _said(panel, block, main, n_donors, alpha, scale)
    if n_donors >= 3 and math.isfinite(own):
        p = float((1 + np.sum(ratios >= own * (1 - 1e-12))) / (n_donors + 1))
        low, high = _interval(main, placebo, block.start, alpha)
    return Estimate(
        estimator="synthetic",
        estimand="mean gap after go-live between the treated unit and its synthetic twin",
        effect=effect,
        low=low,
        high=high,
        se=None,
        p_value=p,
        alpha=alpha,
        inference=f"placebo rank among {n_donors} donors by the ratio of gaps after and before",
        grade="C",
        n_units=panel.n_units,
        n_treated=block.n_treated,
        n_controls=n_donors,
        n_cells=block.n_treated * (panel.n_periods - block.start),
        baseline=float(main.path[block.start :].mean()),
        log=panel.log,
        by_period=tuple(
            Effect(panel.periods[t], float(main.gap[t]), n_cells=block.n_treated)
            for t in range(block.start, panel.n_periods)
        ),
        by_unit=(Effect(listed(block.treated_names, 3), effect),),
        counterfactual=block.spread(main.path),
        checks=_checks(block, x1, centred, main, scale),
        findings=said,
        details={
            "weights": weights_of(block, main.weights),
            "rmspe_before": main.before,
            "ratio": own if math.isfinite(own) else None,
            "rank": int(1 + np.sum(ratios >= own * (1 - 1e-12))) if n_donors else None,
        },
    )


def weights_of(block: Block, weights: Vector) -> Mapping[str, float]:
    """Donors that carry weight, heaviest first."""
    order = np.argsort(-weights, kind="stable")
    return {block.names[j]: float(weights[j]) for j in order if weights[j] > 1e-6}


def _predictors(block: Block, predictors: Matrix | None) -> tuple[Vector | None, Matrix | None]:
    if predictors is None:
        return None, None
    if predictors.shape[0] != block.n_units or not np.isfinite(predictors).all():
        raise InvalidInput("value.predictors", f"Predictors need {block.n_units} complete rows, one per unit.")
    return predictors[block.treated_index].mean(axis=0), predictors[block.donor_index].T


def _fit(
    treated: Vector, donors: Matrix, start: int, ssr: np.ndarray, x1: Vector | None, x0: Matrix | None, centred: bool
) -> Fit:
    """`donors` (J, T)."""
    y, pool = treated, donors
    if centred:
        y, pool = treated - treated[:start].mean(), donors - donors[:, :start].mean(axis=1, keepdims=True)
    if x1 is None or x0 is None:
        weights = simplex_weights(pool[:, ssr].T, y[ssr])
    else:
        weights = predictor_weights(x1, x0, y[ssr], pool[:, ssr].T)
    path = weights @ pool + (treated[:start].mean() if centred else 0.0)
    gap = treated - path
    return Fit(weights, path, gap, float(np.sqrt(np.mean(gap[ssr] ** 2))))


def _placebos(block: Block, ssr: np.ndarray, x0: Matrix | None, centred: bool) -> list[Fit]:
    """Each donor in turn as if treated, with the other donors only: neither it nor the treated unit is in its pool."""
    result: list[Fit] = []
    n = len(block.names)
    if n < 2:
        return result
    for j in range(n):
        rest = np.arange(n) != j
        mine = None if x0 is None else x0[:, j]
        others = None if x0 is None else x0[:, rest]
        result.append(_fit(block.donors[j], block.donors[rest], block.start, ssr, mine, others, centred))
    return result


def _ratio(fit: Fit, start: int) -> float:
    after = float(np.sqrt(np.mean(fit.gap[start:] ** 2)))
    return after / fit.before if fit.before > 0 else math.inf if after > 0 else 0.0


def _interval(main: Fit, placebo: list[Fit], start: int, alpha: float) -> tuple[float | None, float | None]:
    """Constant effects whose placebo rank is not significant: mean gap over fit error, inverted.

    None when there are too few donors for any effect to be rejected.
    """
    sizes = np.sort([abs(float(f.gap[start:].mean())) / max(f.before, 1e-300) for f in placebo])[::-1]
    allowed = math.floor(alpha * (len(placebo) + 1) + 1e-9)  # ranks 1..allowed reject
    if allowed < 1:
        return None, None
    half = float(sizes[allowed - 1]) * main.before
    value = float(main.gap[start:].mean())
    return value - half, value + half


def _said(panel: Panel, block: Block, main: Fit, n_donors: int, alpha: float, scale: float) -> tuple[Finding, ...]:
    said = []
    if n_donors < 3:
        said.append(warning("few_donors", f"{n_donors} donors: no placebo test, no interval."))
    elif 1 / (n_donors + 1) > alpha:
        says = (
            f"{n_donors} donors: p cannot fall below {1 / (n_donors + 1):.3f}; {math.ceil(1 / alpha) - 1} are needed."
        )
        said.append(warning("few_donors", says))
    if block.start < 8:
        said.append(warning("short_baseline", f"Only {block.start} periods before go-live to match on."))
    if main.before > 0.5 * scale:
        says = f"The synthetic unit misses the treated one by {main.before:.4g} before go-live: a poor twin."
        said.append(warning("poor_fit", says))
    heaviest = float(main.weights.max())
    if heaviest > 0.9 and n_donors > 1:
        said.append(note("one_donor", f"One donor carries {heaviest:.0%} of the weight."))
    return merged(panel.findings, block.findings, said)


def _checks(block: Block, x1: Vector | None, centred: bool, main: Fit, scale: float) -> tuple[Check, ...]:
    """Fit before go-live, and a placebo date: hide the last third of the baseline and predict it."""
    ok = main.before <= 0.5 * scale
    share = main.before / scale
    checks = [Check("fit before go-live", ok, f"fit before go-live: error is {share:.0%} of the variation.", share)]
    hidden = block.start // 3
    if block.start < 9 or x1 is not None:
        checks.append(Check("placebo date", None, "placebo date: not run, too short a baseline or predictors in use."))
        return tuple(checks)
    early = block.start - hidden
    ssr, past = np.arange(early), block.donors[:, : block.start]
    part = _fit(block.treated[: block.start], past, early, ssr, None, None, centred)
    own = _ratio(part, early)
    others = []
    for j in range(len(block.names)):
        rest = np.arange(len(block.names)) != j
        f = _fit(past[j], past[rest], early, ssr, None, None, centred)
        others.append(_ratio(f, early))
    p = (1 + sum(r >= own for r in others)) / (len(others) + 1)
    passed = p > 0.05
    says = f"placebo date: {'no gap' if passed else 'a gap'} {hidden} periods before go-live (p = {p:.3f})."
    checks.append(Check("placebo date", passed, says, own, p))
    return tuple(checks)
