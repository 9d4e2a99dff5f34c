"""Jobs in processes of their own: cancelled, failed, killed, and run again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hoshin.errors import Conflict, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.records.actor import Actor
from hoshin.service import _jobs, job
from hoshin.service._arguments import convert, use_named
from hoshin.service._workspace import Workspace
from hoshin.store import jobs as rows


def queued(ws: Workspace, use: str, **given: object) -> str:
    """A job that waits to be run."""
    called = use_named(use)
    return str(_jobs.submit(ws, called, convert(called, given), start=False)["id"])


def until(ws: Workspace, id: str, holds: Callable[[dict[str, object]], bool], seconds: float = 60) -> dict[str, object]:
    end = time.monotonic() + seconds
    while not holds(found := job.get(ws, id)) and time.monotonic() < end:
        time.sleep(0.05)
    assert holds(found), found
    return found


@pytest.fixture
def orders(ws: Workspace) -> Workspace:
    ws.logs.write(EventLog.from_traces(["abc", "ab"]), "orders")
    return ws


def test_a_running_job_is_cancelled_and_its_process_ends(orders: Workspace) -> None:
    """The job waits for another that nobody runs, so only cancelling ends it."""
    other = queued(orders, "mine.variants", log="orders")
    id = str(job.start(orders, "job.wait", given=[f"id={other}", "seconds=300"])["id"])
    until(orders, id, lambda j: j["state"] == "running")
    with pytest.raises(Conflict, match="cannot be restarted"):
        job.restart(orders, id)

    job.cancel(orders, id)

    ended = until(orders, id, lambda j: j["state"] == "cancelled")
    assert ended["ended_at"]
    assert "result" not in ended


def test_a_job_that_has_not_begun_is_cancelled_at_once_and_can_be_run_later(orders: Workspace) -> None:
    id = queued(orders, "mine.variants", log="orders")

    assert job.cancel(orders, id)["state"] == "cancelled"
    with pytest.raises(Conflict, match="not waiting"):
        job.work(orders, id)
    with pytest.raises(Conflict, match="cancelled already"):
        job.cancel(orders, id)

    assert job.restart(orders, id)["attempt"] == 2
    assert until(orders, id, lambda j: j["state"] == "done")["result"]["variants"] == 2  # type: ignore[index]


def test_a_failed_job_says_why_and_runs_again_once_that_is_mended(orders: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "late.csv"
    id = queued(orders, "log.import", file=str(file))

    failed = job.work(orders, id)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "file.none")

    file.write_text("case_id,activity,timestamp\n1,a,2026-01-01\n1,b,2026-01-02\n")
    job.restart(orders, id)
    assert until(orders, id, lambda j: j["state"] == "done")["attempt"] == 2
    assert orders.log("late").n_events == 2


def test_a_job_whose_process_was_killed_is_lost_and_can_be_run_again(orders: Workspace) -> None:
    other = queued(orders, "mine.variants", log="orders")
    id = queued(orders, "job.wait", id=other, seconds=0.1)
    command = [sys.executable, "-m", "hoshin", "job", "work", id, "--workspace", str(orders.root), "--quiet"]
    with orders.database.write() as held:
        rows.put(held, id, arguments=f'{{"id":"{other}","seconds":300}}')
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(orders, id, lambda j: j["state"] == "running")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert job.get(orders, id)["state"] == "running", "nobody knows yet"

    # Time passes without a beat.
    silent = orders.ledger.clock() - timedelta(seconds=_jobs.LOST_S + 1)
    with orders.database.write() as held:
        rows.put(held, id, beat_at=silent.isoformat(), arguments=f'{{"id":"{other}","seconds":0.1}}')
    assert job.get(orders, id)["state"] == "lost"

    job.restart(orders, id)
    assert until(orders, id, lambda j: j["state"] == "done")["attempt"] == 2


def test_progress_is_written_while_it_works(orders: Workspace) -> None:
    progress = _jobs.JobProgress()
    id = queued(orders, "mine.variants", log="orders")
    with progress.task("counting", 10) as advance:
        advance(4)
        _jobs.Beat(orders, id, progress).once()

    seen = job.get(orders, id)
    assert (seen["what"], seen["done"], seen["total"]) == ("counting", 4, 10)


def test_the_job_of_someone_else_is_not_there(orders: Workspace) -> None:
    id = queued(orders, "mine.variants", log="orders")
    anna = orders.acting(Actor("s:1", "anna", frozenset({"analyst"})))

    with pytest.raises(NotFound, match="no job"):
        job.cancel(anna, id)
    assert job.list_(anna) == []
