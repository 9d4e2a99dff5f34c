"""Simulated rollouts with known truth: who finds effects that are not there, and whose interval can be trusted.

    python bench/bench_savings.py [--sims 2000] [--peer-sims 200] [--only NAME]

Ours (imputation with randomisation inference, and with the unit jackknife) beside naive before/after,
per-unit interrupted time series with HAC errors, and the `diff-diff` package (analytic), all on the same
panels. Every panel comes from `hoshin.value.simulate` with the seed printed.
"""

from __future__ import annotations

import argparse
import math
import platform
import resource
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from hoshin.value.estimators.imputation import leave_one_out_fast, levelled, reshuffled
from hoshin.value.panel import Panel
from hoshin.value.shuffle import interval, orders, p_value
from hoshin.value.simulate import Rollout, simulate
from hoshin.value.spread import t_interval, t_p_value
from hoshin.value.weights import identified, imputation_weights

SEED = 20260101
ALPHA = 0.05
Answer = tuple[float, float, float, float]  # effect, low, high, p


@dataclass
class Score:
    """What one method did over the simulations of one design."""

    effects: list[float] = field(default_factory=list)
    covered: int = 0
    rejected: int = 0
    width: float = 0.0
    refused: int = 0
    seconds: float = 0.0

    def add(self, answer: Answer | None, truth: float, seconds: float) -> None:
        self.seconds += seconds
        if answer is None:
            self.refused += 1
            return
        effect, low, high, p = answer
        self.effects.append(effect - truth)
        self.covered += low <= truth <= high
        self.rejected += p <= ALPHA
        self.width += high - low


# --- methods --------------------------------------------------------------------------------------


def by_lot(panel: Panel, seed: int) -> Answer:
    order, _ = orders(panel.first().tolist(), 999, seed)
    at_zero, slope = reshuffled(panel, panel.treated, None, order)
    level, unit = reshuffled(levelled(panel), panel.treated, None, order)
    low, high = interval(level, unit, ALPHA) or (-math.inf, math.inf)
    return float(at_zero[0]), low, high, p_value(at_zero, slope)


def jackknife(panel: Panel, seed: int) -> Answer | None:
    target, free, _, _ = identified(panel.treated, panel.seen())
    effect = float(np.sum(imputation_weights(target, free) * panel.outcome))
    held = leave_one_out_fast(panel.outcome, panel.treated)
    n = held.size
    se = math.sqrt((n - 1) / n * float(np.sum((held - held.mean()) ** 2)))
    if not math.isfinite(se):
        return None
    low, high = t_interval(effect, se, n - 1, ALPHA)
    return effect, low, high, t_p_value(effect, se, n - 1)


def naive(panel: Panel, seed: int) -> Answer:
    """Treated units after against before, weeks taken as independent."""
    ever = panel.ever()
    y, d = panel.outcome[ever], panel.treated[ever]
    level = np.where(d, 0.0, y).sum(axis=1) / (~d).sum(axis=1)
    gap = y - level[:, None]
    after, before = gap[d], gap[~d]
    effect = float(after.mean())
    se = math.sqrt(float(after.var(ddof=1)) / after.size + float(before.var(ddof=1)) / before.size)
    low, high = t_interval(effect, se, after.size + before.size - 2, ALPHA)
    return effect, low, high, t_p_value(effect, se, after.size + before.size - 2)


def its(panel: Panel, seed: int, lags: int = 4) -> Answer:
    """Each treated unit: level, trend, step at go-live; Newey-West errors; steps averaged."""
    t = panel.n_periods
    steps, variances = [], []
    for i in np.flatnonzero(panel.ever()):
        x = np.column_stack([np.ones(t), np.arange(t) / t, panel.treated[i]])
        bread = np.linalg.inv(x.T @ x)
        beta = bread @ x.T @ panel.outcome[i]
        score = x * (panel.outcome[i] - x @ beta)[:, None]
        meat = score.T @ score
        for lag in range(1, lags + 1):
            cross = score[lag:].T @ score[:-lag]
            meat += (1 - lag / (lags + 1)) * (cross + cross.T)
        steps.append(beta[2])
        variances.append((bread @ meat @ bread)[2, 2])
    effect, se = float(np.mean(steps)), math.sqrt(float(np.sum(variances))) / len(steps)
    low, high = t_interval(effect, se, t - 3, ALPHA)
    return effect, low, high, t_p_value(effect, se, t - 3)


def diff_diff(panel: Panel, seed: int) -> Answer | None:
    import pandas as pd
    from diff_diff import ImputationDiD

    n, t = panel.outcome.shape
    first = panel.first()
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), t),
            "time": np.tile(np.arange(t), n),
            "y": panel.outcome.ravel(),
            "first": np.repeat(np.where(first == t, 0, first), t),
        }
    )
    result = ImputationDiD().fit(frame, outcome="y", unit="unit", time="time", first_treat="first")
    low, high = result.overall_conf_int
    return float(result.overall_att), float(low), float(high), float(result.overall_p_value)


METHODS: dict[str, Callable[[Panel, int], Answer | None]] = {
    "hoshin, lot": by_lot,
    "hoshin, jackknife": jackknife,
    "naive before/after": naive,
    "ITS, HAC(4)": its,
    "diff-diff, analytic": diff_diff,
}


def designs() -> dict[str, Rollout]:
    base = Rollout()
    kinds = {
        "no effect": replace(base, effect=0.0),
        "-10 % at once": replace(base, effect=-0.1),
        "to -15 % in 20 weeks": replace(base, effect=-0.15, ramp=20),
    }
    return {
        f"N={n} rho={rho} {name}": replace(kind, n_units=n, rho=rho)
        for n in (6, 12, 40)
        for rho in (0.0, 0.5, 0.8)
        for name, kind in kinds.items()
    }


def run(rollout: Rollout, sims: int, peer_sims: int, methods: list[str]) -> dict[str, Score]:
    scores = {name: Score() for name in methods}
    for k in range(sims):
        panel, truth = simulate(rollout, SEED + k)
        target, _, _, _ = identified(panel.treated, panel.seen())
        mean = float(truth[target].mean())
        for name in methods:
            if name.startswith("diff-diff") and k >= peer_sims:
                continue
            begin = time.perf_counter()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    answer = METHODS[name](panel, SEED + k)
            except Exception:
                if not name.startswith("diff-diff"):
                    raise
                answer = None
            scores[name].add(answer, mean, time.perf_counter() - begin)
    return scores


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sims", type=int, default=2000)
    parser.add_argument("--peer-sims", type=int, default=200)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    methods = list(METHODS)
    try:
        import diff_diff as peer

        version = peer.__version__
    except ImportError:
        methods.remove("diff-diff, analytic")
        version = "not installed"
    print(f"Python {platform.python_version()}, numpy {np.__version__}, diff-diff {version}, seeds {SEED}+k")
    print(f"{given.sims} rollouts per design, {given.peer_sims} for diff-diff; alpha {ALPHA}")
    print("52 weeks, waves at 20/26/32/38 in random order, 25 % held out, season 10 %, common AR(0.7) shock 5 %,")
    print("unit noise 10 % with AR(rho)\n")
    print("| design | method | rejects % | covers % | bias % of effect | rmse | width | ms |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for name, rollout in designs().items():
        if given.only and given.only not in name:
            continue
        for method, s in run(rollout, given.sims, given.peer_sims, methods).items():
            k = len(s.effects)
            if not k:
                print(f"| {name} | {method} | refused | | | | | |")
                continue
            error = np.array(s.effects)
            bias = f"{100 * error.mean() / abs(rollout.effect):+.1f}" if rollout.effect else f"({error.mean():+.4f})"
            print(
                f"| {name} | {method} | {100 * s.rejected / k:.1f} | {100 * s.covered / k:.1f} | {bias} | "
                f"{math.sqrt(float(np.mean(error**2))):.4f} | {s.width / k:.3f} | "
                f"{1e3 * s.seconds / (k + s.refused):.2f} |",
                flush=True,
            )
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
