"""Forecasts from the work in progress: when open cases will end, and how long queues will be on the next days."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.twin.compile import compile_twin
from hoshin.twin.engine import Run, replicate, simulate
from hoshin.twin.live import Pool, Standing, Waits, guess, pools, standings
from hoshin.twin.model import Twin, as_date
from hoshin.twin.simulate import Settings, arrivals_of, simulate_twin

DAY_S = 86_400.0
PILOT_CASES = 2000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """`held`: cases that may be open. Over replications: `end_s` float64 (n, cases), NaN where a case was taken to
    be over; `open`, `waiting`, `done` int64 (n, steps) at `at_s`; `queued` int64 (n, steps, activities)."""

    as_of: float
    held: list[Standing]
    end_s: Floats
    at_s: Floats
    open: NDArray[np.int64]
    waiting: NDArray[np.int64]
    done: NDArray[np.int64]
    queued: NDArray[np.int64]
    overdue: int
    level: float

    def days(self) -> list[dict[str, Any]]:
        """A row per step: cases in progress, tasks waiting, cases ended so far, each with its prediction interval."""
        rows = []
        for k, at in enumerate(self.at_s):
            row: dict[str, Any] = {"at": as_date(float(at))}
            for name, values in (("in_progress", self.open), ("waiting", self.waiting), ("ended", self.done)):
                low, high = np.quantile(values[:, k], self._ends())
                row |= {name: float(values[:, k].mean()), f"{name}_low": float(low), f"{name}_high": float(high)}
            rows.append(row)
        return rows

    def queues(self, names: list[str]) -> list[dict[str, Any]]:
        """A row per activity that anybody waits for: mean length now and at each step, and the interval of the last."""
        rows = []
        for a, name in enumerate(names):
            mean = self.queued[:, :, a].mean(axis=0)
            if mean.max() >= 0.05:
                low, high = np.quantile(self.queued[:, -1, a], self._ends())
                rows.append({"activity": name, "now": float(mean[0]), "mean": float(mean[1:].mean()),
                             "last": float(mean[-1]), "last_low": float(low), "last_high": float(high)})  # fmt: skip
        return sorted(rows, key=lambda r: -r["mean"])

    def cases(self, ids: list[str]) -> list[dict[str, Any]]:
        """A row per case that is probably open, the latest to end first."""
        rows = []
        for k, s in enumerate(self.held):
            ends = self.end_s[:, k]
            ends = ends[~np.isnan(ends)]
            if ends.size < 0.5 * self.end_s.shape[0]:
                continue
            low, middle, high = np.quantile(ends, [self._ends()[0], 0.5, self._ends()[1]])
            share = ends.size / self.end_s.shape[0]
            rows.append({
                "case": ids[s.case], "age_s": self.as_of - s.arrive_s, "ends": as_date(float(middle)),
                "ends_low": as_date(float(low)), "ends_high": as_date(float(high)),
                "left_s": float(middle) - self.as_of, "open_share": share,
            })  # fmt: skip
        return sorted(rows, key=lambda r: -r["left_s"])

    def _ends(self) -> tuple[float, float]:
        return 0.5 - self.level / 2, 0.5 + self.level / 2


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Replication k of a forecast."""

    twin: Twin
    held: list[Standing]
    as_of: float
    days: int
    seed: int
    pools: list[Pool | None]

    def __call__(self, replication: int) -> tuple[Floats, NDArray[np.int64]]:
        """(end of each held case, counts (steps, 3 + activities))."""
        rng = np.random.Generator(np.random.Philox(key=[self.seed & (2**63 - 1), replication]))
        found = guess(self.twin, self.held, self.pools, self.as_of, rng)
        until = self.as_of + self.days * DAY_S
        new, _ = arrivals_of(self.twin, Settings(1024, self.as_of, seed=self.seed, until_s=until), replication)
        n = found.kept.size
        old, _ = arrivals_of(self.twin, Settings(seed=~self.seed, arrive_s=np.array(
            [self.held[k].arrive_s for k in found.kept])), replication)  # fmt: skip
        joined = type(new)(*(np.concatenate([a, b]) for a, b in zip(old, new)))
        joined = joined._replace(open=found.open)
        joined.state[:n] = found.state
        plan = compile_twin(self.twin, seed=self.seed, replication=replication, since_s=self.as_of,
                            until_s=until + 60 * DAY_S)  # fmt: skip
        run = simulate(plan, joined, log=True, n_live=n, since_s=self.as_of)
        ends = np.full(len(self.held), np.nan)
        ends[found.kept] = run.end_s[:n]
        return ends, self._counts(run, n)

    def _counts(self, run: Run, n_live: int) -> NDArray[np.int64]:
        """In progress, waiting, ended and queue lengths at each step."""
        at = self.as_of + np.arange(self.days + 1) * DAY_S
        came = run.arrive_s.copy()
        came[:n_live] = -np.inf
        over = np.sort(np.where(np.isnan(run.end_s), np.inf, run.end_s))
        ended = np.searchsorted(over, at, side="right")
        present = np.searchsorted(np.sort(came), at, side="right") - ended
        queued = np.zeros((at.size, len(self.twin.activities)), dtype=np.int64)
        for a in range(queued.shape[1]):
            rows = run.rows[run.rows["act"] == a]
            queued[:, a] = np.searchsorted(np.sort(rows["ready"]), at, side="right") - np.searchsorted(
                np.sort(rows["start"]), at, side="right"
            )
        return np.column_stack([present, queued.sum(axis=1), ended, queued])


def forecast(
    twin: Twin, log: EventLog, *, as_of: float | None = None, days: int = 7, replications: int = 100, seed: int = 0,
    level: float = 0.9, executor: Executor | None = None,
) -> Forecast:  # fmt: skip
    """What becomes of the cases of `log` that are open at the moment `as_of` (default: its last event), and of the
    queues in the `days` after, new cases included.

    Only events up to `as_of` are used. Intervals are prediction intervals of `level`: quantiles over replications.
    InvalidInput(twin.as_of) when no case has begun by then.
    """
    from hoshin.twin.model import moment_s

    last = float(moment_s(log.t_ns.max(keepdims=True), log.time_zone)[0]) if log.n_events else 0.0
    as_of = last if as_of is None else as_of
    held = standings(twin, log, as_of)
    if log.n_events == 0 or as_of < float(moment_s(log.begin_ns().min(keepdims=True), log.time_zone)[0]):
        raise InvalidInput("twin.as_of", f"No case has begun by {as_date(as_of)}.", hint="Take a later moment.")
    if days < 1 or replications < 2:
        raise InvalidInput("twin.forecast", f"{days} days and {replications} replications.",
                           hint="At least 1 day and 2 replications.")  # fmt: skip
    rng = np.random.Generator(np.random.Philox(key=[seed & (2**63 - 1), 2**63]))
    held, found_pools = pools(twin, held, as_of, _waits(twin, seed), rng, unseen_work=log.start_ns is None)
    look = Look(twin, held, as_of, days, seed, found_pools)
    found = replicate(look, replications, executor)
    counts = np.array([c for _, c in found])
    at_s = as_of + np.arange(days + 1).astype(np.float64) * DAY_S
    overdue = sum(p is not None and p.overdue for p in found_pools)
    return Forecast(as_of, held, np.array([e for e, _ in found]), at_s, counts[:, :, 0], counts[:, :, 1],
                    counts[:, :, 2], counts[:, :, 3:], overdue, level)  # fmt: skip


def _waits(twin: Twin, seed: int) -> Waits:
    """From a pilot run of the twin."""
    run, _ = simulate_twin(msgspec.structs.replace(twin), Settings(PILOT_CASES, seed=seed))
    names = [a.name for a in twin.activities]
    tally = {name: run.tally[a] for a, name in enumerate(names)}
    share = {name: float(t["late"] / t["n"]) if t["n"] else 0.0 for name, t in tally.items()}
    mean = {name: float(t["wait"] / t["late"]) if t["late"] else 0.0 for name, t in tally.items()}
    return Waits(share, mean)
