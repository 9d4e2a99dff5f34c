"""Planted causes of waiting are found: each alone, and in the right proportion."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.mine.calendar import ALWAYS, Calendar, parse_calendar
from hoshin.mine.instance import instances
from hoshin.mine.queue import little, moving_bottlenecks, queues, utilisation, windows
from hoshin.mine.waitcause import CAUSES, split_waiting
from tests.mine.plant import Stage, simulate

DAYTIME = parse_calendar("Mon-Fri 9-17")


@pytest.mark.parametrize(
    ("stage", "hours", "cause", "at_least"),
    [
        (Stage(between=10, service=8), ALWAYS, "contention", 1.0),
        (Stage(between=10, service=8, urgent_share=0.5), ALWAYS, "prioritisation", 0.15),
        (Stage(between=60, service=5, calendar=DAYTIME), DAYTIME, "calendar", 0.8),
        (Stage(between=30, service=5, batch=4), ALWAYS, "batching", 0.9),
        (Stage(between=60, service=5, outside=45), ALWAYS, "extraneous", 0.9),
    ],
)
def test_the_planted_cause_is_the_one_found(stage: Stage, hours: Calendar, cause: str, at_least: float) -> None:
    split = split_waiting(instances(simulate(stage)), default=hours)

    shares = split.cause_ns.sum(axis=0) / split.cause_ns.sum()

    assert shares[CAUSES.index(cause)] >= at_least, dict(zip(CAUSES, shares))


def test_a_busy_queue_never_looks_like_a_batch() -> None:
    """A clerk who always works when there is work makes no sequential batch, however long the runs."""
    split = split_waiting(instances(simulate(Stage(between=6, service=8, cases=400))))

    assert split.batches.size.size == 0
    assert split.cause_ns[:, [0, 2, 3, 4]].sum() == 0


def test_priorities_move_waiting_from_contention_to_prioritisation_and_add_none() -> None:
    """The same arrivals and services, with and without priorities: a busy clerk leaves no other cause."""
    for share in (0.0, 0.3):
        split = split_waiting(instances(simulate(Stage(between=8, service=8, urgent_share=share, cases=300))))
        total = split.cause_ns.sum(axis=0)
        assert total[0] + total[3] + total[4] == 0
        assert (total[2] > 0) == (share > 0)


def test_little_holds_in_a_steady_process_and_the_queue_of_a_starved_one_grows() -> None:
    steady = {row["queue"]: row for row in little(instances(simulate(Stage(cases=2000, between=16))))}
    starved = {row["queue"]: row for row in little(instances(simulate(Stage(cases=600, between=4, service=8))))}

    assert steady["serve"]["holds"]
    assert steady["(whole process)"]["holds"]
    assert not starved["serve"]["holds"]


def test_utilisation_is_service_over_arrival_spacing() -> None:
    work = instances(simulate(Stage(cases=1500, between=16, service=8)))

    (clerk,) = [row for row in utilisation(work) if row["resource"] == "clerk"]

    expected = work.processing_ns.sum() / (work.end_ns.max() - work.begin_ns[work.resource == clerk_code(work)].min())
    assert clerk["utilisation_share"] == pytest.approx(expected)
    assert clerk["multitasking"] == 1.0


def clerk_code(work) -> int:  # type: ignore[no-untyped-def]
    return work.log.resources.index("clerk")


def test_the_bottleneck_moves_when_the_second_stage_slows_down() -> None:
    from tests.mine.worklogs import worklog

    rng = np.random.default_rng(3)
    rows, free = [], [0, 0]
    for c in range(600):
        t = 10 * c
        rows.append((str(c), "arrive", f"d{c}", t, t))
        for k, name in enumerate(("check", "pay")):
            slow = 11 if (k == 0) == (c < 300) else 5
            begin = max(t, free[k])
            t = free[k] = begin + slow + int(rng.integers(0, 2))
            rows.append((str(c), name, f"clerk {name}", begin, t))
    log = worklog(rows)

    found = [row["bottleneck"] for row in moving_bottlenecks(queues(instances(log), windows(log, "1d")))]

    assert found[:2] == ["check", "check"]
    assert found[-2:] == ["pay", "pay"]
