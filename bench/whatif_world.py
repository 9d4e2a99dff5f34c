"""A small process world in SimPy, to judge twins by: it shares no code with hoshin's engine.

A `World` is a process as it truly is; `observe` runs it and returns the rows that its systems would record, and
`mean_cycle_s` its true mean cycle time. Times are seconds since a Monday 00:00.
"""

from __future__ import annotations

import heapq
import math
import random
from bisect import bisect_right
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import simpy

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86_400.0, 604_800.0
Week = tuple[tuple[float, float], ...]  # intervals on duty, seconds of the week
Steps = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True)
class Dist:
    """A non-negative distribution of mean `mean_s` and squared coefficient of variation `scv`."""

    mean_s: float
    scv: float = 1.0
    kind: str = "gamma"

    def draw(self, rng: random.Random) -> float:
        if self.mean_s <= 0 or self.scv == 0:
            return self.mean_s
        if self.kind == "lognormal":
            s2 = math.log(1 + self.scv)
            return rng.lognormvariate(math.log(self.mean_s) - s2 / 2, math.sqrt(s2))
        if self.scv == 1:
            return rng.expovariate(1 / self.mean_s)
        return rng.gammavariate(1 / self.scv, self.mean_s * self.scv)


@dataclass(frozen=True, slots=True)
class Task:
    """An activity: `work`, then who does it (`doers`: none = a system, at once). `queue`: fifo, lifo, priority or
    shortest. `delay` passes before it queues, on the wall clock, with probability `delay_share` (a customer who
    is asked). `batch` tasks, or those there after `batch_wait_s`, are released together; `together`: as one job.
    `overtime`: what is begun is finished. `bot_share` of tasks are done by a bot in `bot_s`, without a queue."""

    work: Dist
    doers: tuple[str, ...] = ()
    queue: str = "fifo"
    delay: Dist | None = None
    delay_share: float = 1.0
    batch: int = 1
    batch_wait_s: float = math.inf
    together: bool = False
    overtime: bool = False
    bot_share: float = 0.0
    bot_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Person:
    """`hands` tasks at once, at `speed`, on duty in `week` (none = always)."""

    week: Week = ()
    speed: float = 1.0
    hands: int = 1


@dataclass(frozen=True, slots=True)
class Demand:
    """`per_hour` cases on average; `profile`: 168 weights of the hours of the week; `kind`: poisson, fixed (even
    spacing), bursts (Poisson, `size` at once) or daily (a file at 06:00 on working days)."""

    per_hour: float
    kind: str = "poisson"
    profile: tuple[float, ...] = ()
    size: int = 1


# A flow: an activity's name, or ("seq", flow...), ("xor", (share, flow)...), ("and", flow...),
# ("loop", name, body, redo share[, what is done before the body is redone]).
Flow = Any


@dataclass(frozen=True, slots=True)
class World:
    name: str
    demand: Demand
    flow: Flow
    tasks: dict[str, Task]
    people: dict[str, Person]
    urgent_share: float = 0.0
    log: dict[str, Any] = field(default_factory=dict)  # starts, resources, arrival, round_s: what is recorded
    habit: str = "random"  # whom an idle team gives a task: random, first (of the list), longest (idle)
    n_log: int = 5000


class Case:
    """One case under way: its own luck, so that it is the same under every change."""

    __slots__ = ("begun", "end", "key", "number", "rng")

    def __init__(self, number: int, seed: int, urgent_share: float) -> None:
        self.number, self.begun, self.end = number, math.inf, 0.0
        self.rng = random.Random(seed * 1_000_003 + number)
        self.key = 0.0 if self.rng.random() < urgent_share else 1.0


class Job:
    __slots__ = ("case", "done", "name", "seq", "work")

    def __init__(self, case: Case, name: str, work: float, done: simpy.Event) -> None:
        self.case, self.name, self.work, self.done, self.seq = case, name, work, done, 0


class Play:
    """One run of a world."""

    def __init__(self, world: World, seed: int, n_cases: int, keep_rows: bool) -> None:
        self.world, self.seed, self.n = world, seed, n_cases
        self.env = simpy.Environment()
        self.rows: list[tuple[int, str, float, float, str | None]] = []
        self.keep_rows = keep_rows
        self.rng = random.Random(seed + 77)
        self.queues: dict[str, list[tuple[float, int, Job]]] = {a: [] for a in world.tasks}
        self.busy = dict.fromkeys(world.people, 0)
        self.idle_since = dict.fromkeys(world.people, 0.0)
        self.skills: dict[str, list[str]] = {p: [] for p in world.people}
        for name, task in world.tasks.items():
            for p in task.doers:
                self.skills[p].append(name)
        self.held: dict[str, list[Job]] = {a: [] for a in world.tasks}
        self.round = dict.fromkeys(world.tasks, 0)
        self.seq = 0
        self.mates: dict[int, list[Job]] = {}
        self.left = n_cases
        self.finished = self.env.event()
        self.cycles: list[tuple[float, float]] = [(0.0, 0.0)] * n_cases
        for week in {p.week for p in world.people.values() if p.week}:
            self.env.process(self.shift(week))

    def run(self) -> Play:
        self.env.process(self.source())
        self.env.run(until=self.finished)
        return self

    def source(self) -> Steps:
        """Cases keep coming until the first `n` are done."""
        for made, t in enumerate(arrival_times(self.world.demand, random.Random(self.seed))):
            if t > self.env.now:
                yield self.env.timeout(t - self.env.now)
            self.env.process(self.life(Case(made, self.seed, self.world.urgent_share)))

    def life(self, case: Case) -> Steps:
        came = self.env.now
        if self.world.log.get("arrival", True):
            case.begun = came
            self.record(case, "register", came, came, None)
        yield from self.go(self.world.flow, case, case.rng)
        if case.number < self.n:
            self.cycles[case.number] = (case.begun, case.end)
            self.left -= 1
            if self.left == 0:
                self.finished.succeed()

    def record(self, case: Case, name: str, begin: float, end: float, who: str | None) -> None:
        case.begun, case.end = min(case.begun, begin), max(case.end, end)
        if self.keep_rows:
            self.rows.append((case.number, name, begin, end, who))

    def go(self, flow: Flow, case: Case, rng: random.Random) -> Steps:
        if isinstance(flow, str):
            yield from self.perform(flow, case, rng)
        elif flow[0] == "seq":
            for part in flow[1:]:
                yield from self.go(part, case, rng)
        elif flow[0] == "xor":
            u = rng.random()
            for share, part in flow[1:]:
                u -= share
                if u < 0 or part is flow[-1][1]:
                    if part:
                        yield from self.go(part, case, rng)
                    return
        elif flow[0] == "and":
            seeds = [random.Random(rng.random()) for _ in flow[1:]]
            yield self.env.all_of([self.env.process(self.go(p, case, r)) for p, r in zip(flow[1:], seeds)])
        else:
            _, _, body, again, *before = flow
            yield from self.go(body, case, rng)
            while rng.random() < again:
                if before:
                    yield from self.go(before[0], case, rng)
                yield from self.go(body, case, rng)

    def perform(self, name: str, case: Case, rng: random.Random) -> Steps:
        task = self.world.tasks[name]
        bot, asks = rng.random() < task.bot_share, rng.random() < task.delay_share
        work, delay = task.work.draw(rng), task.delay.draw(rng) if task.delay else 0.0
        if delay and asks:
            yield self.env.timeout(delay)
        if bot:
            begin = self.env.now
            yield self.env.timeout(task.bot_s)
            self.record(case, name, begin, self.env.now, "bot")
            return
        job = Job(case, name, work, self.env.event())
        if task.batch > 1:
            self.gather(job, task)
        else:
            self.offer(job)
        yield job.done

    def gather(self, job: Job, task: Task) -> None:
        held = self.held[job.name]
        held.append(job)
        if len(held) == 1 and task.batch_wait_s < math.inf:
            self.env.process(self.flush_later(job.name, task, self.round[job.name]))
        if len(held) >= task.batch:
            self.flush(job.name, task)

    def flush_later(self, name: str, task: Task, turn: int) -> Steps:
        yield self.env.timeout(task.batch_wait_s)
        if self.round[name] == turn:
            self.flush(name, task)

    def flush(self, name: str, task: Task) -> None:
        self.round[name] += 1
        jobs, self.held[name] = self.held[name], []
        if not task.together:
            for job in jobs:
                self.offer(job)
            return
        lead = Job(jobs[0].case, name, jobs[0].work, self.env.event())
        lead.done.callbacks.append(lambda _: [job.done.succeed() for job in jobs])
        self.offer(lead, batch=jobs)

    def on_duty(self, p: str) -> bool:
        week = self.world.people[p].week
        w = self.env.now % WEEK
        return not week or any(a - 1e-6 <= w < b - 1e-6 for a, b in week)

    def can(self, p: str) -> bool:
        return self.busy[p] < self.world.people[p].hands and self.on_duty(p)

    def offer(self, job: Job, batch: Sequence[Job] = ()) -> None:
        task = self.world.tasks[job.name]
        self.seq += 1
        job.seq = self.seq
        if batch:
            self.mates[job.seq] = list(batch)
        if not task.doers:
            self.start(job, None)
            return
        free = [p for p in task.doers if self.can(p)]
        if free:
            who = free[0] if self.world.habit == "first" else (
                min(free, key=lambda p: self.idle_since[p]) if self.world.habit == "longest" else self.rng.choice(free)
            )  # fmt: skip
            self.take(job, who)
            return
        key = {"fifo": 0.0, "lifo": -float(job.seq), "priority": job.case.key, "shortest": job.work}[task.queue]
        heapq.heappush(self.queues[job.name], (key, job.seq, job))

    def take(self, job: Job, who: str) -> None:
        self.busy[who] += 1
        self.start(job, who)

    def start(self, job: Job, who: str | None) -> None:
        begin, took = self.env.now, job.work
        if who is not None:
            person = self.world.people[who]
            took /= person.speed
            if person.week and not self.world.tasks[job.name].overtime:
                took = finish(begin, took, person.week) - begin
        self.env.timeout(took).callbacks.append(lambda _: self.end(job, who, begin))

    def end(self, job: Job, who: str | None, begin: float) -> None:
        for mate in self.mates.pop(job.seq, (job,)):
            self.record(mate.case, job.name, begin, self.env.now, who)
        job.done.succeed()
        if who is not None:
            self.busy[who] -= 1
            self.idle_since[who] = self.env.now
            self.look(who)

    def look(self, who: str) -> None:
        """`who` takes the best of the tasks that wait: by key, then by how long."""
        while self.can(who):
            heads = [(self.queues[a][0][:2], a) for a in self.skills[who] if self.queues[a]]
            if not heads:
                return
            self.take(heapq.heappop(self.queues[min(heads)[1]])[2], who)

    def shift(self, week: Week) -> Steps:
        """At each start of a shift, those who come look for work."""
        team = [p for p, person in self.world.people.items() if person.week == week]
        while True:
            yield self.env.timeout(until_on(self.env.now, week))
            for p in self.rng.sample(team, len(team)):
                self.look(p)


def until_on(now: float, week: Week) -> float:
    """Seconds until the next shift begins; not the one that begins now."""
    return min((a - now - 1e-6) % WEEK + 1e-6 for a, _ in week)


def finish(now: float, work: float, week: Week) -> float:
    """When `work` seconds on duty are done."""
    if not week:
        return now + work
    while True:
        w = now % WEEK
        inside = next(((a, b) for a, b in week if a - 1e-6 <= w < b - 1e-6), None)
        if inside is None:
            now += until_on(now, week)
            continue
        if work <= inside[1] - w:
            return now + work
        work -= inside[1] - w
        now += inside[1] - w


def arrival_times(demand: Demand, rng: random.Random) -> Generator[float, None, None]:
    """Arrivals for ever."""
    if demand.kind == "daily":
        day = 0
        mean = demand.per_hour * 168 / 5
        while True:
            if day % 7 < 5:
                n = max(0, round(rng.gauss(mean, math.sqrt(mean))))
                yield from [day * DAY + 6 * HOUR] * n
            day += 1
    profile = demand.profile or (1.0,) * 168
    cum = [0.0]
    for x in profile:
        cum.append(cum[-1] + x)
    rate = demand.per_hour * 168 / cum[-1]  # cases per unit of profile
    passed, t = 0.0, 0.0
    while True:
        gap = 1.0 if demand.kind == "fixed" else rng.expovariate(1.0)
        passed += gap * demand.size / rate
        weeks, left = divmod(passed, cum[-1])
        k = bisect_right(cum, left) - 1
        t = weeks * WEEK + (k + (left - cum[k]) / profile[k]) * HOUR
        for _ in range(demand.size):
            yield t


def observe(world: World, seed: int) -> tuple[list[dict[str, Any]], float]:
    """The rows of `n_log` cases in a row, as its systems record them, after a warm-up; and their mean cycle time."""
    warm, n = world.n_log // 5, world.n_log
    play = Play(world, seed, warm + n, True).run()
    off, unit = world.log, world.log.get("round_s", 0.001)
    rows = []
    for c, name, begin, end, who in play.rows:
        if warm <= c < warm + n:
            row = {"case": c, "activity": name, "end": math.floor(end / unit) * unit}
            if off.get("starts", True):
                row["start"] = math.floor(begin / unit) * unit
            if off.get("resources", True):
                row["resource"] = who
            rows.append(row)
    cycles = [b - a for a, b in play.cycles[warm : warm + n]]
    return rows, sum(cycles) / n


def mean_cycle_s(world: World, seed: int, n: int) -> float:
    """Mean cycle time, first begin or arrival to last end, of `n` cases after a warm-up of a tenth."""
    warm = n // 10
    cycles = Play(world, seed, warm + n, False).run().cycles[warm : warm + n]
    return sum(b - a for a, b in cycles) / n


def changed(world: World, what: tuple[Any, ...]) -> World:
    """`world` after a change: see `whatif_systems`."""
    kind, *rest = what
    if kind == "hire":
        (who,) = rest
        new = f"{who}+"
        tasks = {a: replace(t, doers=(*t.doers, new) if who in t.doers else t.doers) for a, t in world.tasks.items()}
        return replace(world, people={**world.people, new: world.people[who]}, tasks=tasks)
    if kind == "drop":
        (who,) = rest
        tasks = {a: replace(t, doers=tuple(p for p in t.doers if p != who)) for a, t in world.tasks.items()}
        return replace(world, people={p: x for p, x in world.people.items() if p != who}, tasks=tasks)
    if kind == "faster":
        name, factor = rest
        task = world.tasks[name]
        task = replace(task, work=replace(task.work, mean_s=task.work.mean_s / factor))
        return replace(world, tasks={**world.tasks, name: task})
    if kind == "automate":
        name, share = rest
        return replace(world, tasks={**world.tasks, name: replace(world.tasks[name], bot_share=share)})
    if kind == "demand":
        return replace(world, demand=replace(world.demand, per_hour=world.demand.per_hour * rest[0]))
    if kind == "delay":
        name, factor = rest
        task = world.tasks[name]
        assert task.delay is not None
        task = replace(task, delay=replace(task.delay, mean_s=task.delay.mean_s * factor))
        return replace(world, tasks={**world.tasks, name: task})
    if kind == "hours":
        team, week = rest
        people = {p: replace(x, week=week) if p in team else x for p, x in world.people.items()}
        return replace(world, people=people)
    if kind == "rework":
        name, factor, *_ = rest
        return replace(world, flow=_less_rework(world.flow, name, factor))
    raise ValueError(kind)


def _less_rework(flow: Flow, name: str, factor: float) -> Flow:
    if isinstance(flow, str) or not flow:
        return flow
    if flow[0] == "loop":
        body = _less_rework(flow[2], name, factor)
        return ("loop", flow[1], body, flow[3] * (factor if flow[1] == name else 1.0), *flow[4:])
    if flow[0] == "xor":
        return ("xor", *[(p, _less_rework(part, name, factor)) for p, part in flow[1:]])
    return (flow[0], *[_less_rework(part, name, factor) for part in flow[1:]])
