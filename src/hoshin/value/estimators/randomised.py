"""Units drawn by lot, one start: difference in means after it, less what the past predicted (CUPED).

Deng, Xu, Kohavi and Walker (2013), "Improving the sensitivity of online controlled experiments". Cases,
people or teams may be the units; if they influence each other, let the unit be the team.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.value.estimate import Estimate, check_alpha
from hoshin.value.finding import Check, merged, warning
from hoshin.value.panel import Panel, some
from hoshin.value.shuffle import interval, n_assignments, orders, p_value
from hoshin.value.spread import t_p_value


def estimate(
    panel: Panel,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    draws: int = 1999,
    past: Literal["adjust", "ignore"] = "adjust",
) -> Estimate:
    """Mean outcome after the start, treated minus control. `past` adjust: use the mean before as covariate."""
    check_alpha(alpha)
    ever = panel.ever()
    starts = {int(f) for f in panel.first()[ever]}
    if len(starts) != 1 or not panel.staggered():
        raise InvalidInput(
            "value.not_a_block", "Treated units need one common start.", hint="Use imputation for waves."
        )
    start = starts.pop()
    after = panel.outcome[:, start:]
    keep = some(np.isfinite(after), 1)
    y = np.nanmean(np.where(keep[:, None], after, 0.0), axis=1)[keep]
    d = ever[keep]
    n1, n0 = int(d.sum()), int((~d).sum())
    if min(n1, n0) < 2:
        raise InvalidInput("value.few_units", f"{n1} treated, {n0} control units: at least two of each are needed.")
    if float(np.ptp(y)) == 0:
        raise InvalidInput("value.constant", "The outcome does not vary: nothing can be estimated.")
    said, slope_of_past, checks = [], 0.0, []
    before = panel.outcome[keep, :start]
    if start and np.isfinite(before).all():
        x = before.mean(axis=1)
        gap = float(x[d].mean() - x[~d].mean())
        se = math.sqrt(float(x[d].var(ddof=1)) / n1 + float(x[~d].var(ddof=1)) / n0)
        if se > 0:
            p = t_p_value(gap, se, n1 + n0 - 2)
            says = "groups were alike before" if p >= 0.01 else "groups differed before the start"
            checks.append(Check("balance", p >= 0.01, f"balance: {says} ({gap:+.4g}, p = {p:.3f}).", gap, p))
            if past == "adjust":
                inner = np.concatenate([x[d] - x[d].mean(), x[~d] - x[~d].mean()])
                outer = np.concatenate([y[d] - y[d].mean(), y[~d] - y[~d].mean()])
                slope_of_past = float(inner @ outer / (inner @ inner))
                y = y - slope_of_past * (x - x.mean())
    labels = d.astype(int).tolist()
    if n_assignments(labels) < 1 / alpha:
        raise InvalidInput(
            "value.few_assignments",
            f"Only {n_assignments(labels)} assignments were possible: no result could be significant at {alpha:g}.",
            hint="Randomise more units.",
        )
    if not keep.all():
        says = f"{int((~keep).sum())} units have no value after the start and are left out: attrition may bias."
        said.append(warning("attrition", says))
    order, exact = orders(labels, draws, seed)
    drawn = d[order]
    at_zero = np.where(drawn, y, 0.0).sum(axis=1) / n1 - np.where(drawn, 0.0, y).sum(axis=1) / n0
    slope = (drawn & d).sum(axis=1) / n1 - (~drawn & d).sum(axis=1) / n0
    bounds = interval(at_zero, slope, alpha)
    effect = float(at_zero[0])
    return Estimate(
        estimator="randomised",
        estimand="difference in mean outcome after the start between units drawn to be treated and the others",
        effect=effect,
        low=bounds[0] if bounds else None,
        high=bounds[1] if bounds else None,
        se=math.sqrt(float(y[d].var(ddof=1)) / n1 + float(y[~d].var(ddof=1)) / n0),
        p_value=p_value(at_zero, slope),
        alpha=alpha,
        inference=f"randomisation over {len(order)} {'all' if exact else 'random'} assignments, test inversion",
        grade="A",
        n_units=int(keep.sum()),
        n_treated=n1,
        n_controls=n0,
        n_cells=int(np.isfinite(after[ever]).sum()),
        baseline=float(y[d].mean() - effect),
        log=panel.log,
        checks=tuple(checks),
        findings=merged(panel.findings, said),
        details={"slope_of_past": slope_of_past},
    )
