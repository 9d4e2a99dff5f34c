"""Group-time effects: each wave, each period, against units not (yet) treated; then averaged.

Callaway and Sant'Anna (2021), "Difference-in-differences with multiple time periods", Journal of
Econometrics; without covariates. Uses one base period per wave, so it is less precise than imputation,
and less dependent on the model before it: a cross-check. Standard errors come from influence functions
(valid with many units), or the unit jackknife (the default up to 50 units), or a multiplier bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.estimate import Effect, Estimate, check_alpha
from hoshin.value.finding import Check, Finding, listed, merged, note, warning
from hoshin.value.panel import Matrix, Panel, every
from hoshin.value.spread import t_interval, t_p_value

Controls = Literal["never", "not_yet"]
Aggregation = Literal["simple", "group", "dynamic", "calendar"]
Inference = Literal["auto", "analytic", "bootstrap", "jackknife"]
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupTime:
    """ATT(g, t) for every wave and period but its base. `influence` is float64 (n_units, n_effects)."""

    group: NDArray[np.int64]
    time: NDArray[np.int64]
    att: Vector
    influence: Matrix
    share: Vector
    first: NDArray[np.int64]
    skipped: tuple[str, ...]

    @property
    def n(self) -> int:
        return int(self.influence.shape[0])

    def se(self) -> Vector:
        """Analytic standard error of each effect, (n_effects,)."""
        return np.asarray(np.sqrt(np.mean(self.influence**2, axis=0) / self.n))


@dataclass(frozen=True, slots=True)
class Averaged:
    """One aggregation: the overall effect, its influence (n_units,), and the same per label."""

    overall: float
    influence: Vector
    labels: tuple[int, ...]
    effects: Vector
    influences: Matrix


def estimate(
    panel: Panel,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    draws: int = 1999,
    controls: Controls = "not_yet",
    aggregation: Aggregation = "simple",
    inference: Inference = "auto",
) -> Estimate:
    """Average of the group-time effects after treatment. `seed`, `draws`: of the bootstrap alone."""
    check_alpha(alpha)
    if controls not in ("never", "not_yet"):
        raise InvalidInput.unknown("value.controls", "control group", str(controls), ("never", "not_yet"))
    effects = group_times(panel, controls=controls)
    averaged = aggregate(effects, aggregation)
    n = effects.n
    said = _said(panel, effects)
    how = inference if inference != "auto" else ("jackknife" if n <= 50 else "analytic")
    se, low, high, p, text = _uncertainty(panel, averaged, how, controls, aggregation, alpha, seed, draws)
    if how != "jackknife" and n < 50:
        says = f"{text.capitalize()} standard errors are too small with {n} units: prefer the jackknife."
        said = merged(said, [warning("few_units", says)])
    post = effects.time >= effects.group
    dynamic = aggregate(effects, "dynamic")
    first, target = panel.first(), panel.treated & panel.seen()
    base = np.array([panel.outcome[i, first[i] - 1] for i in np.flatnonzero((first > 0) & panel.ever())])
    return Estimate(
        estimator="group_time",
        estimand=f"{aggregation} average of group-time effects against {controls.replace('_', '-')} treated units",
        effect=averaged.overall,
        low=low,
        high=high,
        se=se,
        p_value=p,
        alpha=alpha,
        inference=text,
        grade="B" if p is not None else "C",
        n_units=panel.n_units,
        n_treated=int(panel.ever().sum()),
        n_controls=int((~panel.ever()).sum()),
        n_cells=int(target.sum()),
        baseline=float(np.nanmean(base)) if base.size else math.nan,
        log=panel.log,
        by_event=_with_se(dynamic, alpha, lambda e: str(e)),
        by_group=_with_se(aggregate(effects, "group"), alpha, lambda g: panel.periods[g]),
        by_period=_with_se(aggregate(effects, "calendar"), alpha, lambda t: panel.periods[t]),
        checks=(pre_test(effects),),
        findings=said,
        details={
            "group_time": [
                {
                    "group": panel.periods[g],
                    "period": panel.periods[t],
                    "effect": float(a),
                    "se": float(s),
                    "after": bool(after),
                }
                for g, t, a, s, after in zip(effects.group, effects.time, effects.att, effects.se(), post)
            ]
        },
    )


def group_times(panel: Panel, *, controls: Controls = "not_yet") -> GroupTime:
    """Every ATT(g, t) with its influence function. Complete units only; effects without controls are skipped."""
    if not panel.staggered():
        raise InvalidInput(
            "value.switches",
            "A unit goes back from treated to untreated.",
            hint="Use the switchback estimator, or cut the panel before the treatment was withdrawn.",
        )
    keep = every(panel.seen(), 1) & (panel.first() > 0)
    used = panel.rows(keep)
    y, first, n = used.outcome, used.first(), used.n_units
    never = first == used.n_periods
    groups = sorted({int(g) for g in first[~never]})
    if not groups:
        raise InvalidInput("value.no_treated", "No complete unit has both an untreated and a treated period.")
    if controls == "never" and not never.any():
        raise InvalidInput(
            "value.no_never",
            "No unit is never treated.",
            hint="Compare with not-yet treated units (controls not_yet), or keep a hold-out.",
        )
    rows: list[tuple[int, int, float, Vector]] = []
    skipped = []
    for g in groups:
        for t in range(1, used.n_periods):
            base = g - 1 if t >= g else t - 1
            here = first == g
            others = never if controls == "never" else (first > max(t, base)) & ~here
            if not others.any():
                skipped.append(f"{used.periods[g]}/{used.periods[t]}")
                continue
            change = y[:, t] - y[:, base]
            mine, theirs = float(change[here].mean()), float(change[others].mean())
            influence = np.zeros(n)
            influence[here] = (change[here] - mine) * n / here.sum()
            influence[others] -= (change[others] - theirs) * n / others.sum()
            rows.append((g, t, mine - theirs, influence))
    if not any(t >= g for g, t, _, _ in rows):
        raise InvalidInput(
            "value.no_controls", "No treated cell has an untreated unit to compare with.", hint="Keep a hold-out."
        )
    if all(float(np.abs(r[3]).max()) < 1e-12 * max(1.0, float(np.abs(y).max())) for r in rows):
        raise InvalidInput(
            "value.constant",
            "The outcomes do not vary between units: no uncertainty can be estimated.",
            hint="Check the outcome column: it is constant, copied or computed.",
        )
    return GroupTime(
        group=np.array([r[0] for r in rows]),
        time=np.array([r[1] for r in rows]),
        att=np.array([r[2] for r in rows]),
        influence=np.stack([r[3] for r in rows], axis=1),
        share=np.array([np.mean(first == r[0]) for r in rows]),
        first=first,
        skipped=tuple(skipped),
    )


def aggregate(effects: GroupTime, how: Aggregation) -> Averaged:
    """Average the effects after treatment; influence functions carry the uncertainty of the wave shares."""
    post = effects.time >= effects.group
    if how == "simple":
        index = np.flatnonzero(post)
        value, influence = _by_share(effects, index)
        return Averaged(value, influence, (), np.empty(0), np.empty((effects.n, 0)))
    if how == "dynamic":
        keys = effects.time - effects.group
    elif how == "calendar":
        keys = np.where(post, effects.time, -1)
    elif how == "group":
        keys = np.where(post, effects.group, -1)
    else:
        raise InvalidInput.unknown("value.aggregation", "aggregation", how, ("simple", "group", "dynamic", "calendar"))
    labels = tuple(int(k) for k in np.unique(keys if how == "dynamic" else keys[post]))
    parts = []
    for key in labels:
        index = np.flatnonzero(keys == key)
        if how == "group":
            parts.append((float(effects.att[index].mean()), effects.influence[:, index].mean(axis=1)))
        else:
            parts.append(_by_share(effects, index))
    values = np.array([v for v, _ in parts])
    influences = np.stack([i for _, i in parts], axis=1)
    if how == "group":
        shares = np.array([float(np.mean(effects.first == g)) for g in labels])
        total = shares.sum()
        overall = float(shares @ values / total)
        drift = _share_influence(effects.first, np.array(labels), shares)
        influence = influences @ (shares / total) + drift @ values
    else:
        counted = np.array([k >= 0 for k in labels])
        overall = float(values[counted].mean())
        influence = influences[:, counted].mean(axis=1)
    return Averaged(overall, influence, labels, values, influences)


def _by_share(effects: GroupTime, index: NDArray[np.int64]) -> tuple[float, Vector]:
    share, att = effects.share[index], effects.att[index]
    weight = share / share.sum()
    drift = _share_influence(effects.first, effects.group[index], share)
    return float(weight @ att), effects.influence[:, index] @ weight + drift @ att


def _share_influence(first: NDArray[np.int64], groups: NDArray[np.int64], share: Vector) -> Matrix:
    """How the estimated wave shares move with each unit: (n_units, n_effects)."""
    member = (first[:, None] == groups[None, :]) - share[None, :]
    total = share.sum()
    return np.asarray(member / total - member.sum(axis=1)[:, None] * share[None, :] / total**2)


def pre_test(effects: GroupTime) -> Check:
    """Joint Wald test that all effects before treatment are zero."""
    from scipy.special import chdtrc

    pre = effects.time < effects.group
    if not pre.any():
        return Check("pre-trend", None, "pre-trend: not run, no period before the base period.")
    n, k = effects.n, int(pre.sum())
    influence = effects.influence[:, pre]
    spread = influence.T @ influence / n / n
    if k >= n or np.linalg.matrix_rank(spread) < k:
        return Check("pre-trend", None, "pre-trend: not run, more effects before treatment than units can test.")
    att = effects.att[pre]
    wald = float(att @ np.linalg.solve(spread, att))
    p = float(chdtrc(k, wald))
    says = "treated units moved apart before treatment" if p < 0.05 else "no movement before treatment"
    return Check("pre-trend", p >= 0.05, f"pre-trend: {says} (Wald {wald:.2f} on {k}, p = {p:.3f}).", wald, p)


def _uncertainty(
    panel: Panel,
    averaged: Averaged,
    how: str,
    controls: Controls,
    aggregation: Aggregation,
    alpha: float,
    seed: int,
    draws: int,
) -> tuple[float | None, float | None, float | None, float | None, str]:
    """(se, low, high, p, what it is)."""
    n = averaged.influence.size
    if how == "jackknife":
        parts = [_without(panel, i, controls, aggregation) for i in range(panel.n_units)]
        if None in parts or panel.n_units < 3:
            return None, None, None, None, "none: leaving out one unit leaves no effect"
        values = np.array(parts, dtype=np.float64)
        m = values.size
        se = math.sqrt((m - 1) / m * float(np.sum((values - values.mean()) ** 2)))
        df, text = float(m - 1), "unit jackknife, t with n_units - 1 degrees of freedom"
    elif how == "bootstrap":
        # Mammen's two-point multipliers: mean 0, variance 1, third moment 1.
        rng = np.random.default_rng(seed)
        golden = (1 + math.sqrt(5)) / 2
        up = rng.random((draws, n)) < golden / math.sqrt(5)
        moved = (np.where(up, 1 - golden, golden) @ averaged.influence) / n
        quarter = np.quantile(moved, [0.25, 0.75])
        se = float((quarter[1] - quarter[0]) / 1.3489795003921634)
        df, text = math.inf, f"multiplier bootstrap, {draws} draws"
    elif how == "analytic":
        se = math.sqrt(float(np.mean(averaged.influence**2)) / n)
        df, text = math.inf, "analytic"
    else:
        raise InvalidInput.unknown("value.inference", "inference", how, ("auto", "analytic", "bootstrap", "jackknife"))
    if not se > 0:
        return None, None, None, None, "none: nothing varies"
    df = min(df, 1e9)
    low, high = t_interval(averaged.overall, se, df, alpha)
    return se, low, high, t_p_value(averaged.overall, se, df), text


def _without(panel: Panel, unit: int, controls: Controls, aggregation: Aggregation) -> float | None:
    try:
        rest = panel.rows(np.arange(panel.n_units) != unit)
        return aggregate(group_times(rest, controls=controls), aggregation).overall
    except InvalidInput:
        return None


def _with_se(averaged: Averaged, alpha: float, name: object) -> tuple[Effect, ...]:
    n = averaged.influence.size
    result = []
    for k, label in enumerate(averaged.labels):
        se = math.sqrt(float(np.mean(averaged.influences[:, k] ** 2)) / n)
        low, high = t_interval(float(averaged.effects[k]), se, 1e9, alpha)
        result.append(Effect(name(label), float(averaged.effects[k]), low, high))  # type: ignore[operator]
    return tuple(result)


def _said(panel: Panel, effects: GroupTime) -> tuple[Finding, ...]:
    said = []
    broken: Sequence[str] = [u for u, ok in zip(panel.units, every(panel.seen(), 1)) if not ok]
    if broken:
        said.append(warning("incomplete_units", f"Left out, periods are missing: {listed(broken)}."))
    if effects.skipped:
        says = f"No controls left for {listed(effects.skipped)} (wave/period): not estimated."
        said.append(warning("no_controls_left", says))
    sizes = {g: int((effects.first == g).sum()) for g in np.unique(effects.group)}
    lone = [panel.periods[g] for g, k in sizes.items() if k == 1]
    if lone:
        said.append(warning("lone_waves", f"Waves of one unit have no spread of their own: {listed(lone)}."))
    if not (effects.first == panel.n_periods).any():
        said.append(
            note("no_never_treated", "No unit is never treated: later waves serve as controls until they start.")
        )
    return merged(panel.findings, said)
