"""Studies: replications of a twin, or of two on the same luck, as means with confidence intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoshin.errors import InvalidInput
from hoshin.twin.engine import replicate
from hoshin.twin.model import Twin
from hoshin.twin.simulate import Settings, simulate_twin, summary

KPIS = ("mean_cycle_time_s", "median_cycle_time_s", "p90_cycle_time_s", "mean_queue_s", "mean_delay_s", "mean_work_s",
        "throughput_per_day", "mean_wip")  # fmt: skip


def study(twin: Twin, *, cases: int, replications: int, seed: int) -> list[dict[str, Any]]:
    """A row per KPI: its mean over replications and a 95 % confidence interval (Student)."""
    values = _sample(twin, cases, replications, seed)
    return [
        {"measure": k, "mean": float(v.mean()), "low": float(v.mean() - h), "high": float(v.mean() + h)}
        for k, v in values.items()
        for h in [half_width(v)]
    ]


def compare(base: Twin, other: Twin, *, cases: int, replications: int, seed: int) -> list[dict[str, Any]]:
    """A row per KPI: both means and the paired difference, other - base, with a 95 % interval. Replication k of
    both has the same cases with the same random numbers, so chance cancels."""
    a, b = _sample(base, cases, replications, seed), _sample(other, cases, replications, seed)
    rows = []
    for k in a:
        change = b[k] - a[k]
        half = half_width(change)
        rows.append({
            "measure": k, "base": float(a[k].mean()), "changed": float(b[k].mean()),
            "difference": float(change.mean()), "low": float(change.mean() - half), "high": float(change.mean() + half),
        })  # fmt: skip
    return rows


def half_width(values: NDArray[np.float64]) -> float:
    """Half the width of the 95 % confidence interval of the mean."""
    return float(stats.t.ppf(0.975, values.size - 1) * values.std(ddof=1) / np.sqrt(values.size))


def _sample(twin: Twin, cases: int, replications: int, seed: int) -> dict[str, NDArray[np.float64]]:
    if replications < 2 or cases < 1:
        raise InvalidInput("twin.study", f"{replications} replications of {cases} cases give no interval.",
                           hint="Take at least 2 replications of at least 1 case.")  # fmt: skip
    settings = Settings(cases, seed=seed)

    def one(replication: int) -> list[float]:
        run, _ = simulate_twin(twin, settings, replication)
        found = summary(twin, run, settings)
        return [float(found[k]) for k in KPIS]

    return dict(zip(KPIS, np.array(replicate(one, replications)).T))
