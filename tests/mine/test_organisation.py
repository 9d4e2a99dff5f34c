"""Roles, skills, handovers and shared cases: planted, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.instance import instances
from hoshin.mine.organisation import handovers, roles, skills, together
from hoshin.service import organisation
from hoshin.service._workspace import Workspace
from tests.mine.worklogs import Row, worklog


def test_planted_roles_are_found() -> None:
    rng = np.random.default_rng(0)
    rows: list[Row] = []
    for c in range(300):
        for k, (activity, team) in enumerate((("enter", "abc"), ("check", "abc"), ("pay", "xy"))):
            rows.append((str(c), activity, str(rng.choice(list(team))), c * 10 + k, c * 10 + k))

    found = roles(worklog(rows))

    assert [sorted(row["who"].split(", ")) for row in found] == [["a", "b", "c"], ["x", "y"]]
    assert found[1]["does"] == "pay 100%"


LOG = worklog(
    [
        ("1", "enter", "ann", 0, 10), ("1", "pay", "bob", 40, 50), ("2", "enter", "ann", 20, 30),
        ("2", "pay", "bob", 90, 95), ("3", "enter", "cid", 0, 5), ("3", "pay", "cid", 6, 7),
    ]
)  # fmt: skip


def test_by_hand() -> None:
    assert handovers(instances(LOG)) == [
        {"from": "ann", "to": "bob", "times": 2, "median_waiting_s": 45 * 60.0, "total_waiting_s": 90 * 60.0}
    ]
    assert together(LOG) == [{"a": "ann", "b": "bob", "cases": 2, "rarer_share": 1.0}]
    assert skills(LOG)[0] == {
        "activity": "enter", "times": 3, "people": 2, "most_by": "ann", "most_share": pytest.approx(2 / 3),
    }  # fmt: skip


def test_through_the_use_cases_and_without_resources(ws: Workspace) -> None:
    ws.logs.write(LOG, "orders")
    assert organisation.roles(ws, "orders") == []
    assert len(organisation.skills(ws, "orders")) == 2
    assert len(organisation.handovers(ws, "orders")) == len(organisation.together(ws, "orders")) == 1
    with pytest.raises(InvalidInput, match="no resources"):
        roles(EventLog.from_traces(["a"]))
