"""The twin: everything a simulation needs, as one plain, versioned document.

Times are seconds; a moment is seconds since Monday 1970-01-05 00:00 on the wall clock of `time_zone`, so
that rosters and clocks are fractions of the week in which people live.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

SCHEMA = 1
KEEP_VALUES = 1000
# 1970-01-05, the first Monday, in seconds since 1970-01-01.
MONDAY_S = 4 * 86_400.0


class Duration(msgspec.Struct, frozen=True, omit_defaults=True):
    """A distribution of seconds: `constant` a; `exponential` mean a; `lognormal` exp(N(a, b^2));
    `uniform` [a, b); `weibull` scale a, shape b; `empirical` one of `values`."""

    kind: str = "constant"
    a: float = 0.0
    b: float = 0.0
    values: list[float] = []

    def mean_s(self) -> float:
        """
        >>> Duration("uniform", 10, 20).mean_s(), Duration("empirical", values=[1.0, 3.0]).mean_s()
        (15.0, 2.0)
        """
        from math import exp, gamma

        return {
            "constant": lambda: self.a,
            "exponential": lambda: self.a,
            "lognormal": lambda: exp(self.a + self.b**2 / 2),
            "uniform": lambda: (self.a + self.b) / 2,
            "weibull": lambda: self.a * gamma(1 + 1 / self.b),
            "empirical": lambda: float(np.mean(self.values)) if self.values else 0.0,
        }[self.kind]()

    def scv(self) -> float:
        """Squared coefficient of variation: variance over squared mean; 0 for a constant."""
        from math import exp, gamma

        if self.kind == "exponential":
            return 1.0
        if self.kind == "lognormal":
            return exp(self.b**2) - 1
        if self.kind == "uniform":
            return (self.b - self.a) ** 2 / 12 / self.mean_s() ** 2 if self.mean_s() else 0.0
        if self.kind == "weibull":
            return gamma(1 + 2 / self.b) / gamma(1 + 1 / self.b) ** 2 - 1
        mean = self.mean_s()
        return float(np.var(self.values)) / mean**2 if self.kind == "empirical" and mean else 0.0


class Activity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A kind of task. `duration` is work in seconds; `queue`: fifo, lifo, shortest, priority or deadline.

    `pause`: work stops when the shift ends and goes on with the next. `patience`: how long a case waits in
    the queue before it leaves the process. `batch` tasks (or those that `batch_wait_s` allows) are released
    together; `together`: one person does them as one job. `stick`: share of tasks kept by whoever did the
    case's last one, if free. `label`: the activity it appears as in a log (a bot's work, a redo).
    `bot`, `bot_share`, `bot_when`, `bot_from_s`: the activity that takes a share of its tasks, of cases where the
    condition holds and that arrive from that moment on. `fails`: share of runs that fail; `fails_after_s` later
    `fails_to` gets them. `boost` moves it ahead in its queue. `money` per run, `kg_co2e` per run.
    """

    name: str
    duration: Duration = Duration()
    queue: str = "fifo"
    pause: bool = True
    patience: Duration | None = None
    batch: int = 1
    batch_wait_s: float | None = None
    together: bool = False
    stick: float = 0.0
    speed: float = 1.0
    label: str = ""
    bot: str = ""
    bot_share: float = 0.0
    bot_when: str = ""
    bot_from_s: float | None = None
    fails: float = 0.0
    fails_to: str = ""
    fails_after_s: float = 0.0
    boost: float = 0.0
    money: float = 0.0
    kg_co2e: float = 0.0


class Resource(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person, team member or bot: `capacity` tasks at once, on duty by roster `roster` ("" = always), away in
    `away` [from, to). `mtbf_s` and `mttr_s`: it breaks down at random. `money_per_hour` on duty."""

    name: str
    role: str = ""
    capacity: int = 1
    roster: str = ""
    away: list[tuple[float, float]] = []
    mtbf_s: float = 0.0
    mttr_s: float = 0.0
    money_per_hour: float = 0.0
    kg_co2e_per_hour: float = 0.0


class Skill(msgspec.Struct, frozen=True, omit_defaults=True):
    """`resource` can do `activity`: chosen in proportion to `weight`, takes `scale` times its duration, or
    `duration` of its own."""

    resource: str
    activity: str
    weight: float = 1.0
    scale: float = 1.0
    duration: Duration | None = None


class Way(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """From routing state `state` on to `activity` ("" = the case ends) with probability `share` and to state
    `next`. `beside`: it starts with the one before, not after every open task. `delay` names a delay."""

    state: int
    activity: str
    share: float
    next: int
    beside: bool = False
    delay: str = ""


class Delay(msgspec.Struct, frozen=True, omit_defaults=True):
    """Time before a task queues that nobody in the log explains. `clock` "" = wall clock; else the name of a
    clock on which `duration` passes."""

    duration: Duration
    clock: str = ""
    scale: float = 1.0


class Arrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """Gaps between cases on `clock` ("" = wall): `gaps_s` in the order observed, replayed in runs of about
    `run_length`; or exponential with mean `mean_gap_s`. `demand` divides them, and each of `phases` (from, to,
    factor) within its time. `files`: cases come many at once at set times, and `demand` makes the files larger."""

    mean_gap_s: float
    gaps_s: list[float] = []
    clock: str = ""
    run_length: float = 20.0
    demand: float = 1.0
    files: bool = False
    phases: list[tuple[float, float, float]] = []


class Sort(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sort of case: its `share`, where its routing starts, its priority (lower first), how long after arrival
    it is due, and its attributes."""

    share: float = 1.0
    state: int = 0
    priority: float = 0.0
    due_s: float = 0.0
    attributes: dict[str, Any] = {}


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why this version exists: `what` was done; for a recalibration the `component` that drifted, by which
    `statistic` with which p, `since` when (a moment), the relative `shift` of the KPI that weighed most, and the
    version `before`."""

    what: str = "fitted"
    component: str = ""
    statistic: str = ""
    p: float = 1.0
    since: float = 0.0
    shift: float = 0.0
    kpi: str = ""
    before: str = ""


class Twin(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole model. `rosters` name to intervals [from, to) in seconds of the week; `clocks` name to a rising
    list 0 .. 604800: how far the clock has come at equal steps of the week. `seen`: see `support`; `scores`: see
    `holdout`."""

    activities: list[Activity]
    resources: list[Resource]
    skills: list[Skill]
    ways: list[Way]
    arrival: Arrival
    delays: dict[str, Delay] = {}
    rosters: dict[str, list[tuple[float, float]]] = {}
    clocks: dict[str, list[float]] = {}
    sorts: list[Sort] = msgspec.field(default_factory=lambda: [Sort()])
    name: str = ""
    schema: int = SCHEMA
    time_zone: str = "UTC"
    currency: str = ""
    source: dict[str, Any] = {}
    window_s: tuple[float, float] = (0.0, 0.0)
    assumptions: list[str] = []
    scores: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    reason: Reason = Reason()

    def activity(self, name: str) -> Activity:
        """The activity called `name`; InvalidInput(twin.activity) names the nearest."""
        from hoshin.errors import InvalidInput

        for a in self.activities:
            if a.name == name:
                return a
        raise InvalidInput.unknown("twin.activity", "activity", name, [a.name for a in self.activities])

    def doers(self, activity: str) -> list[Skill]:
        """Who can do `activity`."""
        return [s for s in self.skills if s.activity == activity]


def empirical(values: NDArray[np.float64]) -> Duration:
    """The values themselves, or where there are more than 1000 the means of 1000 equally likely parts of them: their
    mean is kept, and their spread but for what lies within a part."""
    n = values.size
    if n == 0:
        return Duration()
    values = np.sort(values)
    if n > KEEP_VALUES:
        total = np.concatenate([[0.0], np.cumsum(values)])
        at = np.linspace(0.0, n, KEEP_VALUES + 1)
        values = np.diff(np.interp(at, np.arange(n + 1), total)) * KEEP_VALUES / n
    return Duration("empirical", values=[round(float(v), 3) for v in values])


def moment_s(t_ns: Any, time_zone: str) -> Any:
    """UTC nanoseconds as wall-clock seconds since the first Monday, float64.

    >>> moment_s(np.array([345_600_000_000_000]), "UTC")
    array([0.])
    """
    import polars as pl

    wall = pl.Series(t_ns).cast(pl.Datetime("ns", "UTC"))
    if time_zone != "UTC":
        wall = wall.dt.convert_time_zone(time_zone)
    return wall.dt.replace_time_zone(None).to_physical().to_numpy() / 1e9 - MONDAY_S


def to_ns(moment: Any, time_zone: str) -> Any:
    """The way back. A wall-clock time the zone skips moves on by the hour skipped; one it has twice is the first."""
    import polars as pl

    ns = np.round((np.asarray(moment) + MONDAY_S) * 1000).astype(np.int64) * 1_000_000
    if time_zone == "UTC":
        return ns
    wall = pl.Series(ns).cast(pl.Datetime("ns"))
    zoned = wall.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    later = wall.dt.offset_by("1h").dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return zoned.fill_null(later).dt.convert_time_zone("UTC").to_physical().to_numpy()


def as_date(moment: float) -> str:
    """A moment for people: '2023-02-09 08:00'."""
    return datetime.fromtimestamp(moment + MONDAY_S, UTC).strftime("%Y-%m-%d %H:%M")
