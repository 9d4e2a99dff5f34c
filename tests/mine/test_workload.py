"""Workload over time: by hand, and reconciled with what it is made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.calendar import parse_calendar
from hoshin.mine.instance import instances
from hoshin.mine.queue import windows
from hoshin.mine.workload import groups_of, measure_workload, series_table, summary_table
from hoshin.service import organisation
from hoshin.service._workspace import Workspace
from tests.mine.worklogs import MINUTE, Row, worklog

# Minutes. ann: case 1 "in" 0-10; case 2 "in" 0-0 by x; ann "do" on both cases: case 1 possible at 10, done 60-120;
# case 2 possible at 0, done 90-150. x enters case 2 at 0.
LOG = worklog(
    [
        ("1", "in", "ann", 0, 10), ("1", "do", "ann", 60, 120),
        ("2", "in", "x", 0, 0), ("2", "do", "ann", 90, 150),
    ]
)  # fmt: skip


def test_workload_by_hand() -> None:
    """Hour 0: in hand 10 + 50 + 60 = 120 item minutes, case 1 all 60, case 2 all 60. Hour 1: case 1 60, case 2 60.
    Hour 2: case 2 for 30. Queues: case 1 50 min in hour 0; case 2 60, then 30. ann works 10, 60 and 30 minutes."""
    found = measure_workload(instances(LOG), windows(LOG, "1h"))

    rows = series_table(found, "ann")

    assert [row["mean_items"] for row in rows] == [2.0, 2.0, 0.5]
    assert [row["mean_queue"] for row in rows] == pytest.approx([110 / 60, 0.5, 0])
    assert [row["mean_cases"] for row in rows] == [2.0, 2.0, 0.5]
    assert [row["peak_items"] for row in rows] == [2, 2, 1]
    assert [row["arrived"] for row in rows] == [3, 0, 0]
    assert [row["done"] for row in rows] == [1, 0, 2]
    assert [row["worked_s"] / 60 for row in rows] == [10, 60, 30]
    assert [row["available_s"] / 60 for row in rows] == [60, 60, 30]
    assert [row["load_share"] for row in rows] == pytest.approx([1 / 6, 1, 1])


def test_the_summary_by_hand() -> None:
    """ann over three hours: 270 item minutes of 180; two in hand from minute 0; nothing that x has lasts."""
    found = measure_workload(instances(LOG), windows(LOG, "1h"))

    ann, x = summary_table(found)

    assert (ann["who"], ann["people"], ann["items_done"], ann["peak_items"]) == ("ann", 1, 3, 2)
    assert ann["mean_items"] == pytest.approx(270 / 180)
    assert ann["peak_at"] == ann["busiest_window"] == "1970-01-01T00:00+00:00"
    assert ann["load_share"] == pytest.approx(100 / 150)
    assert (x["who"], x["items_done"], x["peak_items"], x["worked_s"]) == ("x", 1, 0, 0.0)


def test_hours_off_duty_are_worked_but_not_part_of_the_load() -> None:
    """On duty from 0:00 to 1:30 only: ann works 10 + 30 on duty, 30 + 30 off; 90 minutes are there."""
    hours = parse_calendar("Mon-Sun 00:00-01:30", time_zone="UTC")
    found = measure_workload(instances(LOG), windows(LOG, "1h"), default=hours)

    ann = summary_table(found)[0]

    assert ann["worked_s"] / 60 == 100
    assert ann["available_s"] / 60 == 90
    assert ann["load_share"] == pytest.approx(40 / 90)


rows_of_work = st.lists(
    st.tuples(
        st.sampled_from("12345"), st.sampled_from("ab"), st.sampled_from(["x", "y", "z", None]), st.integers(0, 400),
        st.integers(0, 90),
    ).map(lambda r: (r[0], r[1], r[2], r[3], r[3] + r[4])),
    min_size=1, max_size=14,
)  # fmt: skip


@given(rows_of_work, st.sampled_from(["1h", "2h", "1d"]))
def test_everything_adds_up(rows: list[Row], every: str) -> None:
    log = worklog([*rows, ("9", "a", "x", 0, 5)])
    work, edges = instances(log), windows(log, every)
    width = np.diff(edges)
    each = measure_workload(work, edges)
    all_ = measure_workload(work, edges, by="everyone")
    known = work.resource >= 0

    in_hand = float((work.end_ns - work.enabled_ns)[known].sum())
    assert float((each.items * width).sum()) == pytest.approx(in_hand)
    assert each.items.sum(axis=0) == pytest.approx(all_.items[0])
    assert each.done.sum() == known.sum() == all_.arrived.sum()
    assert each.worked_s.sum(axis=0) == pytest.approx(all_.worked_s[0])
    assert each.on_duty_s == pytest.approx(each.worked_s)
    assert (each.cases <= each.items + 1e-9).all()
    assert (each.queue <= each.items + 1e-9).all()
    assert (each.items <= each.peak_items + 1e-9).all()
    assert (each.on_duty_s <= each.available_s + 1e-6).all()
    assert all_.cases[0] @ width <= sum(
        work.end_ns[a:b].max() - work.enabled_ns[a:b].min() for a, b in zip(log.case_start, log.case_start[1:])
    ) + 1  # fmt: skip


def test_roles_sum_their_people() -> None:
    rng = np.random.default_rng(0)
    rows: list[Row] = []
    for c in range(80):
        for k, (activity, team) in enumerate((("enter", "abc"), ("pay", "xy"))):
            begin = c * 30 + k * 10
            rows.append((str(c), activity, str(rng.choice(list(team))), begin, begin + 8))
    log = worklog(rows)
    work, edges = instances(log), windows(log, "1h")
    of, names = groups_of(log, "role")
    by_role, each = measure_workload(work, edges, by="role"), measure_workload(work, edges)

    assert sorted(by_role.people.tolist()) == [2, 3]
    for g, _ in enumerate(names):
        assert by_role.worked_s[g] == pytest.approx(each.worked_s[of == g].sum(axis=0))
        assert by_role.arrived[g].tolist() == each.arrived[of == g].sum(axis=0).tolist()


def test_through_the_use_case(ws: Workspace) -> None:
    ws.logs.write(LOG, "orders")

    assert [row["who"] for row in organisation.workload(ws, "orders", every="1h")["table"]] == ["ann", "x"]
    series = organisation.workload(ws, "orders", who="ann", every="1h", hours="24/7")["table"]
    assert [row["begin"][11:16] for row in series] == ["00:00", "01:00", "02:00"]
    assert len(organisation.workload(ws, "orders", by="everyone", every="1h")["table"]) == 3
    with pytest.raises(InvalidInput, match="Did you mean 'ann'"):
        organisation.workload(ws, "orders", who="anne")
    ws.logs.write(EventLog.from_traces(["a"]), "bare")
    with pytest.raises(InvalidInput, match="no resources"):
        organisation.workload(ws, "bare")


def test_moments_are_in_the_zone_of_the_log() -> None:
    from dataclasses import replace

    log = replace(LOG, time_zone="Asia/Kolkata")
    found = measure_workload(instances(log), windows(log, "1h"))

    assert summary_table(found)[0]["peak_at"].endswith("+05:30")
    assert found.edges_ns[0] % (60 * MINUTE) == 30 * MINUTE
