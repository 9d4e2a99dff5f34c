"""Warnings where a scenario leaves what the log has seen, or the data is old; versions, differences, going back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hoshin.errors import NotFound
from hoshin.log.eventlog import EventLog
from hoshin.records.ledger import Ledger
from hoshin.service import twin as use
from hoshin.service._workspace import Workspace, create
from hoshin.twin.difference import differences, step_shares
from hoshin.twin.fit import fit_twin
from hoshin.twin.model import Activity, Duration, Skill, Twin, Way
from hoshin.twin.network import Station, network
from hoshin.twin.simulate import Settings, simulate_log
from hoshin.twin.support import leaves_range, seen, stale

WEEK = [(d * 86_400.0 + 9 * 3600, d * 86_400.0 + 17 * 3600) for d in range(5)]
replace = msgspec.structs.replace


@pytest.fixture(scope="module")
def log() -> EventLog:
    desk = network(
        {"check": Station(Duration("exponential", 600.0), 3, {"decide": 1.0}, "office"),
         "decide": Station(Duration("exponential", 300.0), 2, {"check": 0.25}, "office")},
        mean_gap_s=1500.0, rosters={"office": WEEK},
    )  # fmt: skip
    return simulate_log(desk, Settings(1500, since_s=0.0, seed=3))


@pytest.fixture(scope="module")
def twin(log: EventLog) -> Twin:
    return replace(fit_twin(log), seen=seen(log))


def test_the_twin_itself_is_within_its_range(twin: Twin) -> None:
    assert leaves_range(twin, twin) == []


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999, 1.001, 1.5, 4.0])
def test_demand_warns_exactly_beyond_the_busiest_week(twin: Twin, share: float) -> None:
    """However demand is raised: by its factor, or by shorter gaps."""
    factor = share * twin.seen["demand"]
    raised = replace(twin, arrival=replace(twin.arrival, demand=twin.arrival.demand * factor))
    closer = replace(twin, arrival=replace(twin.arrival, mean_gap_s=twin.arrival.mean_gap_s / factor))

    for other in (raised, closer):
        assert bool(leaves_range(twin, other)) == (share > 1)


def test_each_way_out_of_the_range_has_its_own_warning(twin: Twin) -> None:
    person, other = twin.resources[0], twin.resources[-1]
    task = next(s.activity for s in twin.skills if s.resource == person.name)
    extra = replace(person, name="new")
    ways = {
        f"{task}: 4 can do it": replace(
            twin, resources=[*twin.resources, extra], skills=[*twin.skills, Skill("new", task)]
        ),
        "Nobody in the log works at these hours of the week: Mon 00:00, Mon 01:00": replace(
            twin, resources=[replace(person, roster=""), *twin.resources[1:]]
        ),
        f"{other.name} has never done {task}": replace(twin, skills=[*twin.skills, Skill(other.name, task)]),
        "bot is not in the log": replace(twin, activities=[*twin.activities, Activity("bot")]),
        "3 tasks at once; the log shows up to 1": replace(
            twin, resources=[replace(person, capacity=3), *twin.resources[1:]]
        ),
    }
    for words, scenario in ways.items():
        found = leaves_range(twin, scenario)
        assert any(words in f for f in found), (words, found)


def test_a_step_never_seen_warns(twin: Twin) -> None:
    at = next(w for w in twin.ways if w.activity == "decide")
    ways = [*twin.ways, Way(at.next, "decide", 0.1, at.next)]

    assert leaves_range(twin, replace(twin, ways=ways)) == ["decide after decide has never been seen in the log."]


def test_stale_by_age_and_by_a_newer_log(twin: Twin) -> None:
    end = twin.window_s[1]

    assert stale(twin, now_s=end + 86_400, fresh_s=86_400) == []
    assert "data ends" in stale(twin, now_s=end + 86_401, fresh_s=86_400)[0]
    assert "desk@2" in stale(twin, now_s=end, fresh_s=86_400, newer_log="desk@2")[0]


def test_step_shares_are_those_of_the_log(log: EventLog, twin: Twin) -> None:
    follow = sum(t[i : i + 2] == ("decide", "check") for t in log.traces() for i in range(len(t)))
    times = (log.activity == log.activities.index("decide")).sum()

    assert step_shares(twin)["decide", "check"] == pytest.approx(follow / times, rel=0.02)


def test_differences_name_what_changed_and_only_that(twin: Twin) -> None:
    assert differences(twin, twin) == []
    slow = [replace(a, speed=0.5) if a.name == "check" else a for a in twin.activities]
    rows = differences(twin, replace(twin, activities=slow))

    assert [(r["component"], r["of"]) for r in rows] == [("durations", "check")]
    assert rows[0]["after"] == pytest.approx(2 * rows[0]["before"])


@pytest.fixture
def ws(tmp_path: Path, log: EventLog, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    made = create(tmp_path / "ws")
    made.logs.write(log, "desk")
    fixed = datetime.fromtimestamp(int(log.t_ns.max()) / 1e9, UTC) + timedelta(days=1)
    ledger = property(lambda self: Ledger(self.database, self.root, clock=lambda: fixed))
    monkeypatch.setattr(Workspace, "ledger", ledger)
    return made


def test_scenarios_carry_warnings(ws: Workspace, log: EventLog) -> None:
    use.fit(ws, "desk")
    calm = use.whatif(ws, "desk", demand=1.01, cases=50, replications=2)
    wild = use.whatif(ws, "desk", demand=9.0, cases=50, replications=2)
    ws.logs.write(log.select_cases(np.arange(log.n_cases) < 1000), "desk")
    old = use.whatif(ws, "desk", cases=50, replications=2)

    assert calm["warnings"] == []
    assert ["busiest week" in w for w in wild["warnings"]] == [True]
    assert ["log has changed since" in w for w in old["warnings"]] == [True]


def test_versions_are_kept_with_their_reasons_and_can_be_taken_back(ws: Workspace, log: EventLog) -> None:
    first = use.fit(ws, "desk")["version"]
    ws.logs.write(log.select_cases(np.arange(log.n_cases) < 1000), "desk")
    second = use.fit(ws, "desk")["version"]
    done = use.revert(ws, "desk", first)

    assert [v["version"] for v in use.versions(ws, "desk")] == [first, second, first]
    assert [v["what"] for v in use.versions(ws, "desk")] == ["fitted", "fitted", "reverted"]
    assert [v["current"] for v in use.versions(ws, "desk")] == [False, False, True]
    assert done["was"] == second
    assert use.diff(ws, f"desk@{first}", "desk") == []
    assert {r["component"] for r in use.diff(ws, f"desk@{second}", "desk", least=0.0)} >= {"arrivals", "durations"}
    with pytest.raises(NotFound, match="Unknown version"):
        use.revert(ws, "desk", "nope")
