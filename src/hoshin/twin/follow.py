"""Follow a process: replay its log day by day, test the twin against it, and refit the component that has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.twin.board import Board
from hoshin.twin.daily import FIGURES, Residuals, daily, figures_of, residuals
from hoshin.twin.engine import replicate
from hoshin.twin.evidence import spent
from hoshin.twin.fit import fit_twin
from hoshin.twin.model import Reason, Twin, moment_s
from hoshin.twin.observe import observe
from hoshin.twin.refit import refit, since
from hoshin.twin.simulate import Settings, simulate_twin, summary
from hoshin.twin.stats import DAY_S, Done, done_tasks, stats_of
from hoshin.twin.watch import COMPONENTS, Names, Shift, date_shift, look

KPIS = ("mean_cycle_time_s", "throughput_per_day", "mean_wip")
DELAYS = "delays"
LEAST_DAYS = 14
# A component whose own p is below this when the figures shift is taken as their cause before the delays are.
SUSPECT = 0.001


@dataclass(frozen=True, slots=True)
class Options:
    """`every_days` between looks. `level`: the chance that a process that does not change ever raises an alarm,
    over all components and looks since each was last calibrated. `tolerance`: the least relative shift of mean
    cycle time, throughput or work in progress worth a new version. `least_cases` to refit from."""

    every_days: int = 1
    level: float = 0.05
    tolerance: float = 0.05
    least_cases: int = 100
    learn_share: float = 0.33
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """Something noticed on `day` (number since the first Monday): `action` is drift (significant), recalibrated (a new
    version, `twin`), or kept (the predicted shift of the KPIs is within the tolerance)."""

    day: int
    action: str
    shift: Shift
    kpi: str = ""
    moves: float = 0.0
    twin: Twin | None = None


@dataclass(slots=True)
class Follower:
    """The state of a replay: the twin, statistics since `firsts` per component, and alarms waiting for cases enough."""

    log: EventLog
    twin: Twin
    options: Options
    names: Names
    board: Board
    firsts: dict[str, int]
    figures: Residuals
    watched_from: int = 0
    looks: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*COMPONENTS, DELAYS), 0))
    waiting: dict[str, Shift] = field(default_factory=dict)

    def look(self, end: int) -> list[Step]:
        """Test everything on the days before `end`; what was noticed and done."""
        self.board.refresh()
        steps = []
        shifts: dict[str, Shift] = {}
        for component in COMPONENTS:
            if component in self.waiting:
                continue
            self.looks[component] += 1
            shift = look(self.board, component, self.names, self.firsts[component], end)
            if shift is None:
                continue
            shifts[component] = shift
            if shift.p <= spent(self.options.level / 5, self.looks[component]):
                steps.append(self._alarm(end, shift))
        if self.figures.evidence.value >= 5 / self.options.level and not steps and not self.waiting:
            steps += [self._alarm(end, s) for s in self._explained(shifts)]
        for component, shift in list(self.waiting.items()):
            step = self._answered(end, component, shift)
            steps += [step] if step else []
        return steps

    def _explained(self, shifts: dict[str, Shift]) -> list[Shift]:
        """Why the figures have shifted: the component that is suspect, or the delays when none is."""
        evidence = self.figures.evidence
        began = self.watched_from + evidence.began
        best = min(shifts.values(), key=lambda s: s.p, default=None)
        if best is not None and best.p < SUSPECT:
            return [best]
        stream, side = evidence.side
        words = f"e-value {evidence.value:.0f}, {FIGURES[stream]} {'up' if side > 0 else 'down'}"
        return [Shift(DELAYS, "unexplained by other components", words, 1 / evidence.value, began)]

    def _alarm(self, end: int, shift: Shift) -> Step:
        if shift.component != DELAYS:
            first = self.firsts[shift.component]
            day = date_shift(self.board, shift.component, self.names, first, end, shift)
            shift = Shift(shift.component, shift.of, shift.statistic, shift.p, day)
        self.waiting[shift.component] = shift
        return Step(end, "drift", shift)

    def _answered(self, end: int, component: str, shift: Shift) -> Step | None:
        """Refit when there are cases enough since, and keep the refit if it moves a KPI by more than the tolerance."""
        recent = since(self.log, shift.since * DAY_S, end * DAY_S)
        if recent.n_cases < self.options.least_cases:
            return None
        del self.waiting[component]
        fresh = refit(self.twin, recent, component)
        kpi, moves = predicted_shift(self.twin, fresh, self.options.seed)
        self._restart(component, shift, end)
        if abs(moves) <= self.options.tolerance:
            return Step(end, "kept", shift, kpi, moves)
        reason = Reason("recalibrated", component, shift.statistic, shift.p, shift.since * DAY_S, moves, kpi)
        window = (min(self.twin.window_s[0], shift.since * DAY_S), end * DAY_S)
        self.twin = msgspec.structs.replace(fresh, reason=reason, window_s=window, scores={})
        self._predict(end, shift.since)
        return Step(end, "recalibrated", shift, kpi, moves, self.twin)

    def _restart(self, component: str, shift: Shift, end: int) -> None:
        """From now on the new way is the one to compare with; what changes the figures is explained."""
        if component in self.firsts:
            self.firsts[component] = shift.since
        self.looks[component] = 0
        self._predict(end, min(shift.since, end - 7))

    def _predict(self, end: int, first: int) -> None:
        self.figures = residuals(self.twin, daily(self.board.stats, first, end), first, seed=self.options.seed)
        self.watched_from = end


def predicted_shift(twin: Twin, other: Twin, seed: int, *, replications: int = 6) -> tuple[str, float]:
    """The KPI that moves most, relative to the larger side, from `twin` to `other`, on the same luck."""
    per_week = 7 * DAY_S / twin.arrival.mean_gap_s * twin.arrival.demand
    settings = Settings(int(np.clip(4 * per_week, 200, 2000)), seed=seed)

    def one(replication: int) -> list[list[float]]:
        found = [summary(t, simulate_twin(t, settings, replication)[0], settings) for t in (twin, other)]
        return [[f[k] for k in KPIS] for f in found]

    before, after = np.nanmean(np.array(replicate(one, replications)), axis=0)
    moves = (after - before) / np.maximum(np.maximum(np.abs(before), np.abs(after)), 1e-9)
    at = int(np.nanargmax(np.abs(moves)))
    return KPIS[at], float(moves[at])


def follow(
    log: EventLog, options: Options = Options(), *, twin: Twin | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> tuple[Twin, list[Step]]:  # fmt: skip
    """Replay `log` in order of time. `twin` must have been fitted to the log's first part; without it one is fitted to
    the first `learn_share` of the time. Returns the twin as it is at the end and all that was noticed.

    InvalidInput(follow.options) for options out of range, InvalidInput(follow.short) where too little is left to watch.
    """
    o = options
    if not (o.every_days >= 1 and 0 < o.level < 1 and o.tolerance >= 0 and 0 < o.learn_share < 1 and o.least_cases > 1):
        raise InvalidInput("follow.options", f"These options make no sense together: {options}.")
    tasks = observe(log)
    begin, end = float(tasks.begin.min()), float(tasks.end.max())
    first, stop = int(begin // DAY_S), int(end // DAY_S)
    learned = int(twin.window_s[1] // DAY_S) if twin else first + int((end - begin) * o.learn_share / DAY_S)
    if learned - first < LEAST_DAYS or stop <= learned:
        raise InvalidInput(
            "follow.short", f"Log {log.name!r} spans {stop - first} days; {learned - first} to learn from and "
            f"{max(stop - learned, 0)} to watch are too few.",
            hint=f"There must be at least {LEAST_DAYS} days to learn from and one to watch.",
        )  # fmt: skip
    if twin is None:
        twin = fit_twin(first_part(log, o.learn_share))
    done = done_tasks(tasks, twin)
    edge = np.searchsorted([t.end for t in done], learned * DAY_S)
    stats = stats_of(done[:edge])
    predicted = residuals(twin, daily(stats, first, learned), first, seed=o.seed)
    names = Names(log.activities, log.resources)
    follower = Follower(log, twin, o, names, Board(stats), dict.fromkeys(COMPONENTS, first), predicted, learned)
    steps = []
    for day, today in _days(done[edge:], learned, stop):
        for task in today:
            stats.add(task)
        follower.figures.add(day, figures_of(stats.days[day], len(stats.open)))
        if (day + 1 - learned) % o.every_days == 0:
            for step in follower.look(day + 1):
                steps.append(step)
                if on_step is not None:
                    on_step(step)
    return follower.twin, steps


def first_part(log: EventLog, share: float) -> EventLog:
    """The events of `log` that ended in the whole days of the first `share` of its time."""
    end = moment_s(log.t_ns, log.time_zone)
    begin = float(moment_s(log.begin_ns(), log.time_zone).min())
    stop = int(begin // DAY_S) + int((float(end.max()) - begin) * share / DAY_S)
    return log.select_events(end < stop * DAY_S)


def _days(done: list[Done], first: int, end: int) -> Iterator[tuple[int, list[Done]]]:
    """(day, its tasks) for every day of [first, end), also those without any."""
    at = 0
    for day in range(first, end):
        begin = at
        while at < len(done) and done[at].end < (day + 1) * DAY_S:
            at += 1
        yield day, done[begin:at]
