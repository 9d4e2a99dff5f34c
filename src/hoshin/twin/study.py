"""Studies: replications of twins on the same luck, as means with confidence intervals, until they are precise."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoshin.errors import InvalidInput
from hoshin.kernels.plan import Plan
from hoshin.twin.compile import compile_twin
from hoshin.twin.engine import replicate
from hoshin.twin.how import How, check_level
from hoshin.twin.model import Twin
from hoshin.twin.simulate import simulate_twin, summary
from hoshin.twin.warmup import mser5

KPIS = ("mean_cycle_time_s", "median_cycle_time_s", "p90_cycle_time_s", "mean_queue_s", "mean_delay_s", "mean_work_s",
        "throughput_per_day", "mean_wip", "people_hours", "within_sla_share", "cost_per_case", "total_cost",
        "kg_co2e_per_case")  # fmt: skip
PILOTS = 5
Sample = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Replication k of a scenario: of the twin number k modulo their count, where its parameters are uncertain."""

    twins: tuple[Twin, ...]
    plans: tuple[Plan | None, ...]
    base: Twin
    how: How
    warm_s: float

    def __call__(self, replication: int) -> list[float]:
        """The figures of KPIS, NaN where one does not apply."""
        k = replication % len(self.twins)
        settings = self.how.alike(self.base, self.warm_s, replication)
        run, _ = simulate_twin(self.twins[k], settings, replication, plan=self.plans[k])
        found = summary(self.twins[k], run, settings, self.how.sla_s)
        return [float(found.get(name, np.nan)) for name in KPIS]


def trial(twins: Sequence[Twin], base: Twin, how: How, warm_s: float) -> Trial:
    """A trial whose plans are compiled once, where no breakdowns are drawn."""
    plans = tuple(None if any(r.mtbf_s for r in t.resources) else compile_twin(t) for t in twins)
    return Trial(tuple(twins), plans, base, how, warm_s)


def sample(of: Trial, replications: Sequence[int], executor: Executor | None = None) -> Sample:
    """Figures of these replications, float64 (n,) each; those that do not apply are left out."""
    table = np.array(replicate(of, replications, executor))
    return {name: column for name, column in zip(KPIS, table.T) if not np.isnan(column).all()}


def warm_up(twins: Sequence[Twin], how: How) -> float:
    """Seconds to leave out: as stated, or the longest that MSER-5 wants for any of `twins` in pilot runs."""
    from hoshin.twin.scenarios._parts import seconds

    if how.warm_up != "auto":
        return seconds(how.warm_up)
    return max(_pilot(twin, how) for twin in twins)


def _pilot(twin: Twin, how: How) -> float:
    runs = [simulate_twin(twin, how.settings(twin, 0.0), k)[0] for k in range(PILOTS)]
    n = min(r.arrive_s.size for r in runs)
    cycles = np.array([(r.end_s - r.arrive_s)[:n] for r in runs])
    series = np.nanmean(cycles, axis=0) if n and not np.isnan(cycles).all(axis=0).any() else np.zeros(0)
    cut = mser5(series)
    return max(float(r.arrive_s[cut] - r.arrive_s[0]) for r in runs) if cut else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """`base` and `other` (the same when there is no scenario): samples by replication; `warm_s` left out; `draws`
    sets of uncertain parameters were gone through in turn."""

    base: Sample
    other: Sample
    warm_s: float
    replications: int
    draws: int
    level: float

    def rows(self) -> list[dict[str, Any]]:
        """A row per KPI: mean and interval."""
        return [{"measure": k, **_interval(v, self.level)} for k, v in self.other.items()]

    def differences(self) -> list[dict[str, Any]]:
        """A row per KPI: both means and the paired difference, other - base, with its interval. With uncertain
        parameters `parameter_share` of its variance is theirs, the rest chance."""
        rows = []
        for name in [k for k in KPIS if k in self.base or k in self.other]:
            a, b = (s.get(name, np.full(self.replications, np.nan)) for s in (self.base, self.other))
            a = np.zeros_like(b) if name not in self.base else a
            found = _interval(b - a, self.level)
            row = {"measure": name, "base": float(a.mean()), "changed": float(b.mean()),
                   "difference": found["mean"], "low": found["low"], "high": found["high"]}  # fmt: skip
            if self.draws > 1:
                row["parameter_share"] = parameter_share(b - a, self.draws)
            rows.append(row)
        return rows


def _interval(values: NDArray[np.float64], level: float) -> dict[str, float]:
    half = half_width(values, level)
    mean = float(values.mean())
    return {"mean": mean, "low": mean - half, "high": mean + half}


def half_width(values: NDArray[np.float64], level: float = 0.95) -> float:
    """Half the width of the confidence interval of the mean (Student)."""
    quantile = stats.t.ppf(0.5 + check_level(level) / 2, values.size - 1)
    return float(quantile * values.std(ddof=1) / np.sqrt(values.size))


def parameter_share(values: NDArray[np.float64], draws: int) -> float:
    """Share of the variance between sets of parameters, replication k having set k modulo `draws`: one-way
    analysis of variance, at least 0; NaN unless each set has two replications."""
    inner = values.size // draws
    if inner < 2 or draws < 2:
        return float("nan")
    table = values[: inner * draws].reshape(inner, draws)
    within = float(table.var(axis=0, ddof=1).mean())
    between = max(float(table.mean(axis=0).var(ddof=1)) - within / inner, 0.0)
    return between / (between + within) if between + within > 0 else 0.0


def study(
    base: Twin, others: Sequence[Twin] = (), how: How | None = None, *, executor: Executor | None = None
) -> Study:
    """Replications of `base` and, on the same cases with the same random numbers, of the scenario `others` (several
    where its parameters are uncertain), until the interval of `how.kpi` is narrow enough or `how.most` are done."""
    how = how or How()
    if how.kpi not in KPIS:
        raise InvalidInput.unknown("twin.kpi", "KPI", how.kpi, KPIS)
    warm_s = warm_up([base, *others[:1]], how)
    run = partial(trial, base=base, how=how, warm_s=warm_s)
    one, two = run([base]), run(list(others)) if others else None
    a = sample(one, range(how.replications), executor)
    b = sample(two, range(how.replications), executor) if two else a
    if how.kpi not in a and how.kpi not in b:
        raise InvalidInput("twin.kpi", f"{how.kpi} does not apply here.",
                           hint="within_sla_share needs an sla; costs need a change of kind cost.")  # fmt: skip
    n = how.replications
    while how.half_width and n < how.most and not _precise(a, b, how, paired=two is not None):
        more = range(n, min(how.most, n + max(10, n // 2)))
        a = _joined(a, sample(one, more, executor))
        b = _joined(b, sample(two, more, executor)) if two else a
        n = more.stop
    return Study(a, b, warm_s, n, len(others) or 1, how.level)


def _precise(a: Sample, b: Sample, how: How, *, paired: bool) -> bool:
    other = b[how.kpi]
    base = a.get(how.kpi, np.zeros_like(other))
    scale = abs(float(base.mean())) or abs(float(other.mean()))
    return half_width(other - base if paired else other, how.level) <= how.half_width * scale


def _joined(a: Sample, b: Sample) -> Sample:
    names = [k for k in KPIS if k in a or k in b]
    sizes = [next(iter(s.values())).size for s in (a, b)]
    return {
        k: np.concatenate([s.get(k, np.full(n, np.nan)) for s, n in zip((a, b), sizes, strict=True)]) for k in names
    }
