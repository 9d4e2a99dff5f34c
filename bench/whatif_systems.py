"""The processes that what-if answers are judged on: 44 worlds and five with poorer logs, each with five changes.

A change is ("hire" | "drop", person), ("faster", activity, factor), ("automate", activity, share),
("demand", factor), ("delay", activity, factor), ("hours", people, week) or
("rework", loop, factor, activity after which it is decided, activity it goes back to).
"""

from __future__ import annotations

from typing import Any

from bench.whatif_world import DAY, HOUR, MINUTE, Demand, Dist, Flow, Person, Task, Week, World

Change = tuple[Any, ...]


def week(*hours: tuple[float, float], days: range = range(5)) -> Week:
    """The same hours on each of `days`."""
    return tuple((d * DAY + a * HOUR, d * DAY + b * HOUR) for d in days for a, b in hours)


OFFICE, LONG, LUNCH = week((9, 17)), week((8, 18)), week((8, 12), (13, 17))
EARLY, LATE = week((6, 14)), week((14, 22))
DAYTIME = tuple(1.0 if d < 5 and 9 <= h < 17 else 0.02 for d in range(7) for h in range(24))
WAVES = tuple(0.3 + (2.0 if 8 <= h < 11 else 1.2 if 11 <= h < 18 else 0.0) for _ in range(7) for h in range(24))


def team(prefix: str, n: int, **options: Any) -> dict[str, Person]:
    return {f"{prefix}{k + 1}": Person(**options) for k in range(n)}


def task(minutes: float, doers: dict[str, Person], scv: float = 1.0, **options: Any) -> Task:
    kind = options.pop("kind", "gamma")
    return Task(Dist(minutes * MINUTE, scv, kind), tuple(doers), **options)


def station(name: str, rho: float, n: int, scv: float = 1.0, minutes: float = 20.0, **options: Any) -> World:
    """One activity done by a team that is busy `rho` of the time."""
    crew = team("clerk", n)
    demand = Demand(60 / minutes * n * rho)
    return World(name, demand, "serve", {"serve": task(minutes, crew, scv, **options)}, crew)


def line(name: str, per_hour: float, parts: list[tuple[str, float, int]], scv: float = 1.0, **options: Any) -> World:
    """Activities one after another: name, minutes and size of the team of each."""
    crews = {a: team(f"{a}-", n) for a, _, n in parts}
    flow = ("seq", *[a for a, _, _ in parts])
    tasks = {a: task(m, crews[a], scv) for a, m, _ in parts}
    people = {p: x for crew in crews.values() for p, x in crew.items()}
    return World(name, Demand(per_hour), flow, tasks, people, **options)


def staffed(
    name: str, demand: Demand, flow: Flow, work: dict[str, tuple[float, dict[str, Person]]], **options: Any
) -> World:
    """A world from minutes and team of each activity."""
    scv = options.pop("scv", 0.5)
    extra: dict[str, dict[str, Any]] = options.pop("extra", {})
    tasks = {a: task(m, crew, extra.get(a, {}).pop("scv", scv), **extra.get(a, {})) for a, (m, crew) in work.items()}
    people = {p: x for _, crew in work.values() for p, x in crew.items()}
    return World(name, demand, flow, tasks, people, **options)


def lines() -> list[tuple[World, list[Change]]]:
    """Single stations and stations in a row, round the clock."""
    usual: list[Change] = [("hire", "clerk1"), ("faster", "serve", 1.25), ("automate", "serve", 0.2), ("demand", 0.85)]
    tandem: list[Change] = [("hire", "b-1"), ("faster", "b", 1.3), ("automate", "b", 0.25), ("demand", 1.08)]
    return [
        (station("M/M/1 at 70 %", 0.70, 1), [*usual, ("demand", 1.1)]),
        (station("M/M/3 at 85 %", 0.85, 3), [*usual, ("demand", 1.05)]),
        (station("M/M/8 at 90 %", 0.90, 8), [*usual, ("demand", 1.04)]),
        (station("M/M/5 at 50 %", 0.50, 5), [*usual, ("drop", "clerk2")]),
        (station("M/D/2 at 80 %", 0.80, 2, 0.0), [*usual, ("demand", 1.1)]),
        (station("M/G/2 at 75 %, scv 3", 0.75, 2, 3.0, kind="lognormal"), [*usual, ("demand", 1.1)]),
        (station("M/G/4 at 90 %, scv 0.25", 0.90, 4, 0.25), [*usual, ("demand", 1.04)]),
        (line("three in a row, middle at 80 %", 6, [("a", 15, 3), ("b", 24, 3), ("c", 20, 3)]),
         [*tandem, ("demand", 0.85)]),
        (line("four in a row at 50 %", 6, [("a", 15, 3), ("b", 10, 2), ("c", 20, 4), ("d", 15, 3)], 0.5),
         [*tandem, ("drop", "c-1")]),
        (line("three in a row, by the minute", 5, [("a", 18, 2), ("b", 30, 3), ("c", 18, 3)],
              log={"round_s": 60.0}), [*tandem, ("drop", "c-1")][:5]),
    ]  # fmt: skip


def flows() -> list[tuple[World, list[Change]]]:
    """Rework, choices and work side by side, round the clock."""
    do, check = team("doer", 4), team("checker", 2)
    fix, a, b, c = team("fixer", 2), team("a", 2), team("b", 3), team("c", 2)
    loop = ("loop", "fail", ("seq", "do", "check"), 0.25)
    deep = ("seq", ("loop", "in", ("seq", "do", ("loop", "small", "check", 0.2)), 0.15), "close")
    split = ("seq", "do", ("xor", (0.5, "easy"), (0.3, "middle"), (0.2, "hard")), "check")
    return [
        (staffed("rework after a check", Demand(5), loop, {"do": (28, do), "check": (14, check)}),
         [("rework", "fail", 0.5, "check", "do"), ("hire", "checker1"), ("faster", "do", 1.2), ("demand", 1.08),
          ("automate", "check", 0.3)]),
        (staffed("much rework, repaired elsewhere", Demand(4), ("loop", "fail", "check", 0.4, "fix"),
                 {"check": (14, check), "fix": (30, fix)}),
         [("rework", "fail", 0.6, "check", "fix"), ("hire", "fixer1"), ("faster", "check", 1.3), ("demand", 0.85),
          ("automate", "fix", 0.3)]),
        (staffed("rework within rework", Demand(4), deep, {"do": (36, do), "check": (14, check), "close": (12, c)}),
         [("rework", "in", 0.5, "check", "do"), ("hire", "doer1"), ("faster", "check", 1.25), ("demand", 1.08),
          ("drop", "c1")]),
        (staffed("a choice of three", Demand(6), split,
                 {"do": (28, do), "easy": (15, a), "middle": (60, b), "hard": (70, c), "check": (12, check)}),
         [("hire", "b1"), ("faster", "do", 1.2), ("demand", 1.08), ("automate", "easy", 0.4), ("drop", "b1")]),
        (staffed("two side by side", Demand(4), ("seq", "do", ("and", "left", "right"), "check"),
                 {"do": (40, do), "left": (22, a), "right": (24, b), "check": (18, check)}),
         [("hire", "a1"), ("faster", "right", 1.4), ("demand", 0.85), ("automate", "left", 0.3), ("drop", "b1")]),
        (staffed("three side by side", Demand(4), ("seq", ("and", "left", "right", "third"), "check"),
                 {"left": (24, a), "right": (34, b), "third": (22, c), "check": (20, check)}),
         [("hire", "a1"), ("faster", "right", 1.4), ("demand", 0.85), ("automate", "left", 0.3), ("hire", "c1")]),
        (staffed("two side by side, then rework", Demand(3.4),
                 ("loop", "fail", ("seq", "do", ("and", "left", "right"), "check"), 0.2),
                 {"do": (36, do), "left": (22, a), "right": (22, b), "check": (20, check)}),
         [("rework", "fail", 0.5, "check", "do"), ("hire", "a1"), ("faster", "do", 1.3), ("demand", 1.06),
          ("drop", "b1")]),
    ]  # fmt: skip


def teams() -> list[tuple[World, list[Change]]]:
    """Who can do what: shared teams, specialists, speeds, habits."""
    pool = team("pool", 6)
    sa, sb, both = team("only-a", 2), team("only-b", 1), team("both", 2)
    fast = {"fast": Person(speed=1.5), "usual": Person(), "slow": Person(speed=0.7)}
    hands = team("agent", 2, hands=3)
    urgent = team("clerk", 3)
    return [
        (staffed("one team for three activities", Demand(4.2), ("seq", "open", "work", "close"),
                 {"open": (15, pool), "work": (42, pool), "close": (14, pool)}),
         [("hire", "pool1"), ("faster", "work", 1.2), ("demand", 1.05), ("automate", "open", 0.5), ("demand", 0.8)]),
        (staffed("one team, work side by side", Demand(3.4), ("seq", "open", ("and", "left", "right"), "close"),
                 {"open": (15, pool), "left": (25, pool), "right": (22, pool), "close": (12, pool)}),
         [("hire", "pool1"), ("faster", "left", 1.3), ("demand", 1.08), ("automate", "right", 0.4), ("drop", "pool6")]),
        (staffed("specialists and generalists", Demand(5.5), ("seq", ("xor", (0.6, "a"), (0.4, "b")), "end"),
                 {"a": (38, {**sa, **both}), "b": (34, {**sb, **both}), "end": (12, team("e", 2))}),
         [("hire", "only-b1"), ("hire", "both1"), ("faster", "a", 1.2), ("demand", 1.06), ("drop", "only-a1")]),
        (staffed("people of different speed", Demand(7.2), "serve", {"serve": (20, fast)}, scv=1.0),
         [("hire", "fast"), ("hire", "slow"), ("faster", "serve", 1.2), ("demand", 0.9), ("automate", "serve", 0.2)]),
        (staffed("the first of the list gets the work", Demand(5.8), ("seq", "open", "work"),
                 {"open": (8, pool), "work": (36, pool)}, habit="first"),
         [("hire", "pool1"), ("faster", "work", 1.2), ("demand", 1.06), ("automate", "work", 0.2), ("drop", "pool6")]),
        (staffed("the longest idle gets the work", Demand(5.8), ("seq", "open", "work"),
                 {"open": (8, pool), "work": (36, pool)}, habit="longest"),
         [("hire", "pool1"), ("faster", "work", 1.2), ("demand", 1.06), ("automate", "work", 0.2), ("drop", "pool6")]),
        (staffed("three tasks in hand at once", Demand(7.5), ("seq", "chat", "note"),
                 {"chat": (40, hands), "note": (5, team("n", 1))}, scv=1.0),
         [("hire", "agent1"), ("faster", "chat", 1.2), ("demand", 0.85), ("automate", "chat", 0.2), ("demand", 1.05)]),
        (staffed("a fifth is urgent", Demand(7.6), "serve", {"serve": (20, urgent)}, scv=1.0, urgent_share=0.2,
                 extra={"serve": {"queue": "priority"}}),
         [("hire", "clerk1"), ("faster", "serve", 1.2), ("demand", 0.85), ("automate", "serve", 0.2),
          ("demand", 1.05)]),
        (staffed("the last come is served first", Demand(7.4), "serve", {"serve": (20, urgent)}, scv=1.0,
                 extra={"serve": {"queue": "lifo"}}),
         [("hire", "clerk1"), ("faster", "serve", 1.2), ("demand", 0.85), ("automate", "serve", 0.2),
          ("demand", 1.05)]),
        (staffed("the shortest is served first", Demand(7.8), "serve", {"serve": (20, urgent)}, scv=1.0,
                 extra={"serve": {"queue": "shortest"}}),
         [("hire", "clerk1"), ("faster", "serve", 1.2), ("demand", 0.85), ("automate", "serve", 0.2),
          ("demand", 1.03)]),
    ]  # fmt: skip


def hours() -> list[tuple[World, list[Change]]]:
    """Shifts, breaks, weekends and arrivals that follow the clock."""
    office, lunch, back = team("clerk", 5, week=OFFICE), team("clerk", 5, week=LUNCH), team("back", 3, week=OFFICE)
    shifts = {**team("early", 3, week=EARLY), **team("late", 3, week=LATE)}
    parts = {"mon-wed": Person(week((9, 17), days=range(3))), "tue-fri": Person(week((9, 17), days=range(1, 5))),
             "mornings": Person(week((8, 12))), "full1": Person(OFFICE), "full2": Person(OFFICE)}  # fmt: skip
    always, c5, b3 = team("desk", 4), tuple(f"clerk{k + 1}" for k in range(5)), ("back1", "back2", "back3")
    sat = week((9, 17), days=range(6))
    usual: list[Change] = [("hire", "clerk1"), ("faster", "serve", 1.2), ("demand", 1.06)]
    return [
        (staffed("office hours, cases round the clock", Demand(2.4), "serve", {"serve": (25, office)}),
         [*usual, ("hours", c5, LONG), ("automate", "serve", 0.2)]),
        (staffed("office hours, cases in office hours", Demand(2.0, profile=DAYTIME), "serve", {"serve": (25, office)}),
         [*usual, ("hours", c5, sat), ("drop", "clerk5")]),
        (staffed("closed for lunch", Demand(2.3, profile=DAYTIME), "serve", {"serve": (25, lunch)}),
         [*usual, ("hours", c5, OFFICE), ("automate", "serve", 0.2)]),
        (staffed("an early and a late shift", Demand(2.9), ("seq", "serve", "end"),
                 {"serve": (25, shifts), "end": (5, team("e", 1))}),
         [("hire", "late1"), ("faster", "serve", 1.2), ("demand", 1.06), ("automate", "serve", 0.2),
          ("hours", ("late1",), EARLY)]),
        (staffed("part-timers", Demand(1.45, profile=DAYTIME), "serve", {"serve": (30, parts)}),
         [("hire", "mornings"), ("faster", "serve", 1.2), ("demand", 1.06), ("automate", "serve", 0.2),
          ("hours", ("mon-wed",), OFFICE)]),
        (staffed("waves of cases, staff round the clock", Demand(9, profile=WAVES), ("seq", "serve", "end"),
                 {"serve": (22, always), "end": (6, team("e", 2))}),
         [("hire", "desk1"), ("faster", "serve", 1.2), ("demand", 1.05), ("automate", "serve", 0.2),
          ("demand", 0.85)]),
        (staffed("front desk at all hours, back office by day", Demand(1.8, profile=WAVES), ("seq", "front", "back"),
                 {"front": (50, always), "back": (18, back)}),
         [("hire", "back1"), ("faster", "back", 1.3), ("demand", 1.06), ("automate", "back", 0.3),
          ("hours", b3, LONG)]),
        (staffed("two offices in a row", Demand(1.55, profile=DAYTIME), ("seq", "serve", "back"),
                 {"serve": (30, office), "back": (20, back)}),
         [*usual, ("drop", "clerk5"), ("hours", b3, LONG)]),
        (staffed("what is begun is finished", Demand(2.4, profile=DAYTIME), "serve", {"serve": (25, office)},
                 extra={"serve": {"overtime": True}}),
         [*usual, ("hours", c5, LONG), ("automate", "serve", 0.2)]),
        (staffed("one office for three activities", Demand(1.02, profile=DAYTIME), ("seq", "open", "serve", "close"),
                 {"open": (15, office), "serve": (32, office), "close": (9, office)}),
         [*usual, ("hours", c5, LONG), ("automate", "open", 0.5)]),
    ]  # fmt: skip


def waits() -> list[tuple[World, list[Change]]]:
    """Waits that are not queues: customers, batches, bursts of cases; and a process that has everything."""
    pool, office, crew = team("pool", 4), team("clerk", 5, week=OFFICE), team("oven", 2)
    ask = {"decide": {"delay": Dist(1.5 * DAY, 0.5)}}
    some = {"decide": {"delay": Dist(8 * HOUR, 0.7), "delay_share": 0.4}}
    claims = (
        "seq",
        "open",
        ("loop", "unclear", ("seq", "assess", "ask"), 0.2),
        ("xor", (0.3, "expert"), (0.7, "")),
        ("and", "pay", "letter"),
    )
    assess, expert = team("assessor", 5, week=LUNCH), team("expert", 2, week=OFFICE)
    back = team("back", 4, week=OFFICE)
    return [
        (staffed("a customer must answer", Demand(1.25, profile=DAYTIME), ("seq", "serve", "decide"),
                 {"serve": (30, office), "decide": (16, office)}, extra=ask),
         [("delay", "decide", 0.5), ("hire", "clerk1"), ("faster", "serve", 1.3), ("demand", 1.08),
          ("automate", "serve", 0.3)]),
        (staffed("some customers must answer, a busy team", Demand(5), ("seq", "serve", "decide"),
                 {"serve": (26, pool), "decide": (15, pool)}, extra=some),
         [("delay", "decide", 0.5), ("hire", "pool1"), ("faster", "serve", 1.3), ("demand", 1.06),
          ("automate", "serve", 0.3)]),
        (staffed("five at a time, as one job", Demand(10), ("seq", "prepare", "bake"),
                 {"prepare": (18, pool), "bake": (42, crew)}, extra={"bake": {"batch": 5, "together": True}}),
         [("hire", "oven1"), ("faster", "bake", 1.3), ("demand", 1.08), ("demand", 0.85), ("faster", "prepare", 1.2)]),
        (staffed("collected for four hours", Demand(5), ("seq", "prepare", "ship"),
                 {"prepare": (30, pool), "ship": (12, crew)},
                 extra={"ship": {"batch": 30, "batch_wait_s": 4 * HOUR}}),
         [("hire", "oven1"), ("faster", "ship", 1.3), ("demand", 1.08), ("demand", 0.85), ("faster", "prepare", 1.2)]),
        (staffed("cases come five at once", Demand(9, "bursts", size=5), "serve", {"serve": (20, pool)}),
         [("hire", "pool1"), ("faster", "serve", 1.2), ("demand", 1.06), ("automate", "serve", 0.2),
          ("demand", 0.85)]),
        (staffed("a case every eight minutes", Demand(7.5, "fixed"), "serve", {"serve": (27, pool)}, scv=1.0),
         [("hire", "pool1"), ("faster", "serve", 1.2), ("demand", 1.06), ("automate", "serve", 0.2),
          ("demand", 0.85)]),
        (staffed("a file every morning", Demand(1.95, "daily"), "serve", {"serve": (28, office)}),
         [("hire", "clerk1"), ("faster", "serve", 1.2), ("demand", 1.08), ("automate", "serve", 0.2),
          ("hours", tuple(office), LONG)]),
        (staffed("claims: everything at once", Demand(1.0, profile=WAVES), claims,
                 {"open": (18, back), "assess": (40, assess), "ask": (6, assess), "expert": (60, expert),
                  "pay": (10, back), "letter": (14, back)},
                 extra={"ask": {"delay": Dist(10 * HOUR, 1.0), "delay_share": 0.5}}),
         [("rework", "unclear", 0.5, "ask", "assess"), ("hire", "expert1"), ("faster", "assess", 1.2),
          ("demand", 1.06), ("automate", "letter", 0.5)]),
    ]  # fmt: skip


def poor() -> list[tuple[World, list[Change]]]:
    """The same kinds of process with poorer logs: reported apart."""
    pool, clerk, do, check = team("pool", 5), team("clerk", 5, week=OFFICE), team("doer", 4), team("checker", 2)
    steps = ("seq", "open", "serve")
    base = {"open": (10, pool), "serve": (35, pool)}
    plain: list[Change] = [("hire", "pool1"), ("faster", "serve", 1.2), ("demand", 1.05), ("demand", 0.85),
                           ("automate", "serve", 0.2)]  # fmt: skip
    loop = ("loop", "fail", ("seq", "do", "check"), 0.25)
    work = {"do": (28, do), "check": (14, check)}
    changes: list[Change] = [("rework", "fail", 0.5, "check", "do"), ("hire", "checker1"), ("faster", "do", 1.2),
                             ("demand", 1.08), ("automate", "check", 0.3)]  # fmt: skip
    nobody: list[Change] = [*changes[:1], *changes[2:], ("demand", 0.85)]
    return [
        (staffed("no start times", Demand(5.6), steps, base, log={"starts": False}), plain),
        (staffed("no resources", Demand(5), loop, work, log={"resources": False}), nobody),
        (staffed("no start times, no resources", Demand(5), loop, work, log={"starts": False, "resources": False}),
         nobody),
        (staffed("arrival not recorded", Demand(5.6), steps, base, log={"arrival": False}), plain),
        (staffed("arrival not recorded, office hours", Demand(1.5, profile=DAYTIME), steps,
                 {"open": (14, clerk), "serve": (30, clerk)}, log={"arrival": False}),
         [("hire", "clerk1"), *plain[1:]]),
    ]  # fmt: skip


def full() -> list[tuple[World, list[Change]]]:
    """Those whose logs have arrivals, starts, ends and resources."""
    return [*lines(), *flows(), *teams(), *hours(), *waits()]
