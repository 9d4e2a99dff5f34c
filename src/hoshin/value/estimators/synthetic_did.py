"""Synthetic difference-in-differences: donors weighted to run parallel, past periods weighted to resemble the future.

Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review. Standard error by
placebo: donors play the treated units, never in their own donor pool. It needs more donors than treated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.value.donors import Block, block_of
from hoshin.value.estimate import Effect, Estimate, check_alpha
from hoshin.value.finding import Check, merged, warning
from hoshin.value.panel import Matrix, Panel
from hoshin.value.simplex import Vector, simplex_weights
from hoshin.value.spread import t_interval, t_p_value


def estimate(
    panel: Panel, *, alpha: float = 0.05, seed: int = 0, draws: int = 200, donors: Sequence[str] = ()
) -> Estimate:
    """Weighted double difference of one treated block; placebo standard error from `draws` donor draws."""
    check_alpha(alpha)
    block = block_of(panel, donors)
    if float(np.abs(np.diff(block.donors[:, : block.start], axis=1)).max()) == 0:
        raise InvalidInput(
            "value.constant",
            "The donors are constant before go-live: no uncertainty can be estimated.",
            hint="Check the outcome column, or choose other donors.",
        )
    effect, omega, lam = weigh(block.treated, block.donors, block.start, block.n_treated)
    said = []
    se, low, high, p = None, None, None, None
    text = "none: placebo needs more donors than treated units"
    n_donors = len(block.names)
    if n_donors > block.n_treated + 1:
        draws_seen = _placebos(block, seed, draws)
        se = float(np.std(draws_seen, ddof=1))
        text = f"placebo over donors, {draws_seen.size} draws, t with donors - 1 degrees of freedom"
        if se > 0:
            low, high = t_interval(effect, se, n_donors - 1, alpha)
            p = t_p_value(effect, se, n_donors - 1)
        if n_donors < 8:
            says = f"{n_donors} donors: the placebo standard error is itself uncertain."
            said.append(warning("few_donors", says))
    else:
        says = f"{n_donors} donors for {block.n_treated} treated: no placebo standard error exists."
        said.append(warning("few_donors", says))
    path = omega @ block.donors
    base = lam @ (block.treated[: block.start] - path[: block.start])
    fit = path + base
    return Estimate(
        estimator="synthetic_did",
        estimand="weighted double difference between the treated block and its donors",
        effect=effect,
        low=low,
        high=high,
        se=se,
        p_value=p,
        alpha=alpha,
        inference=text,
        grade="C",
        n_units=panel.n_units,
        n_treated=block.n_treated,
        n_controls=n_donors,
        n_cells=block.n_treated * (panel.n_periods - block.start),
        baseline=float(fit[block.start :].mean()),
        log=panel.log,
        by_period=tuple(
            Effect(panel.periods[t], float(block.treated[t] - fit[t]), n_cells=block.n_treated)
            for t in range(block.start, panel.n_periods)
        ),
        counterfactual=block.spread(fit),
        checks=(_parallel(block, fit),),
        findings=merged(panel.findings, block.findings, said),
        details={
            "weights": {block.names[j]: float(omega[j]) for j in np.argsort(-omega) if omega[j] > 1e-3},
            "period_weights": {panel.periods[t]: float(lam[t]) for t in np.flatnonzero(lam > 1e-3)},
        },
    )


def weigh(treated: Vector, donors: Matrix, start: int, n_treated: int) -> tuple[float, Vector, Vector]:
    """(effect, donor weights (J,), weights of past periods (start,)). `treated` (T,), `donors` (J, T)."""
    past, future = donors[:, :start], donors[:, start:]
    n_after = treated.size - start
    noise = float(np.std(np.diff(past, axis=1), ddof=1)) if start > 1 else 0.0
    zeta = (n_treated * n_after) ** 0.25 * noise
    left = past.T - past.mean(axis=1)
    right = treated[:start] - treated[:start].mean()
    omega = simplex_weights(left, right, ridge=zeta**2 * start)
    side = past - past.mean(axis=0)
    aim = future.mean(axis=1) - future.mean()
    lam = simplex_weights(side, aim, ridge=(1e-6 * noise) ** 2 * donors.shape[0])
    gap = treated - omega @ donors
    return float(gap[start:].mean() - lam @ gap[:start]), omega, lam


def _placebos(block: Block, seed: int, draws: int) -> Vector:
    """Effects of donors that were never treated. One treated unit: every donor once, exactly."""
    n, k = len(block.names), block.n_treated
    rng = np.random.default_rng(seed)
    chosen = [np.array([j]) for j in range(n)] if k == 1 else [rng.permutation(n)[:k] for _ in range(draws)]
    values = []
    for index in chosen:
        rest = np.setdiff1d(np.arange(n), index)
        values.append(weigh(block.donors[index].mean(axis=0), block.donors[rest], block.start, k)[0])
    return np.array(values)


def _parallel(block: Block, fit: Vector) -> Check:
    """Slope of the gap before go-live, with its t statistic: weights should have made it flat."""
    gap = block.treated[: block.start] - fit[: block.start]
    n = gap.size
    if n < 5:
        return Check("pre-trend", None, f"pre-trend: not run, only {n} periods before go-live.")
    time = np.arange(n) - (n - 1) / 2
    slope = float(time @ gap / (time @ time))
    rest = gap - gap.mean() - slope * time
    se = math.sqrt(float(rest @ rest) / (n - 2) / float(time @ time))
    if se == 0:
        return Check("pre-trend", None, "pre-trend: not run, the fit before go-live is exact.")
    p = t_p_value(slope, se, n - 2)
    total = abs(slope) * n
    size = float(np.abs(block.treated).mean())
    passed = p >= 0.01 or total < 0.02 * size
    says = "the donors ran parallel" if passed else "the gap had a slope already"
    return Check("pre-trend", passed, f"pre-trend: {says} ({slope:+.3g} per period, p = {p:.3f}).", slope, p)
