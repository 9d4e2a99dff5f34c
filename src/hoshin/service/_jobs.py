"""Background jobs: a use case run by its own process, with progress, cancelling and restarting.

A job is a row; its process beats once a second. A row that says running but has not beaten for a while is lost
(the machine went down, or someone killed the process): it can be restarted like a failed or cancelled one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from hoshin.errors import Conflict, Denied, HoshinError, NotFound
from hoshin.records.actor import LOCAL, Actor
from hoshin.records.entry import canonical
from hoshin.records.evidence import finite
from hoshin.service._door import perform
from hoshin.service._use_case import UseCase, load
from hoshin.service._workspace import Advance, Workspace
from hoshin.store import jobs as rows
from hoshin.store import people

LOST_S = 30.0
BEAT_S = 0.5
DONE = ("done", "failed", "cancelled")


def submit(ws: Workspace, use: UseCase, arguments: Mapping[str, Any], *, start: bool = True) -> dict[str, Any]:
    """Queue a use case for the actor and start its process. The policy is asked now and again when it runs."""
    ws.require("write" if use.writes else "read", f"{use.area}.{use.name}")
    id = "job-" + os.urandom(8).hex()
    given = {p.name: _text(arguments[p.name]) for p in use.parameters if arguments[p.name] != p.default}
    with ws.database.write() as held:
        rows.add(held, id, use.area, use.name, canonical(finite(given)), ws.actor.id, _now(ws))
    if start:
        launch(ws, id)
    return shown(ws, taken(ws, id))


def _text(value: Any) -> Any:
    return str(value) if hasattr(value, "as_posix") else value


def _now(ws: Workspace) -> str:
    return ws.ledger.clock().isoformat(timespec="microseconds")


def launch(ws: Workspace, id: str) -> None:
    """Start a process of its own for the job; it outlives this one."""
    command = [sys.executable, "-m", "hoshin", "job", "work", id, "--workspace", str(ws.root), "--quiet"]
    folder = ws.folder("jobs")
    # Whoever started it was let in already; the process acts as them, not as a token.
    environment = {k: v for k, v in os.environ.items() if k != "HOSHIN_TOKEN"} | {"HOSHIN_ACCESS_REQUIRED": "false"}
    with (folder / f"{id}.txt").open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, env=environment
        )
    # A server lives on: collect the child when it ends.
    threading.Thread(target=process.wait, daemon=True).start()


def taken(ws: Workspace, id: str) -> dict[str, Any]:
    """The row of a job the actor may see; NotFound(job.none)."""
    with ws.database.read() as held:
        row = rows.get(held, id)
    if row is None or not (sees_all(ws.actor) or row["person"] == ws.actor.id):
        raise NotFound("job.none", f"There is no job {id!r}.", hint="hoshin job list")
    return row


def sees_all(actor: Actor) -> bool:
    return actor.solo or bool(actor.roles & {"admin", "auditor"})


def shown(ws: Workspace, row: Mapping[str, Any], *, result: bool = True) -> dict[str, Any]:
    """A job as a reader sees it."""
    found = {
        "id": row["id"], "use": f"{row['area']}.{row['name']}", "arguments": json.loads(row["arguments"]),
        "state": state_of(ws, row), "what": row["what"], "done": row["done"], "total": row["total"], "at": row["at"],
        "ended_at": row["ended_at"], "attempt": row["attempt"],
    }  # fmt: skip
    if result and row["result"]:
        found["result"] = json.loads(row["result"])
    if row["error"]:
        found["error"] = json.loads(row["error"])
    return found


def state_of(ws: Workspace, row: Mapping[str, Any]) -> str:
    """The state, 'lost' for one that is said to run but does not beat."""
    if row["state"] != "running" or not row["beat_at"]:
        return str(row["state"])
    silent = (ws.ledger.clock() - datetime.fromisoformat(row["beat_at"])).total_seconds()
    return "lost" if silent > LOST_S else "running"


def cancel(ws: Workspace, id: str) -> dict[str, Any]:
    """Ask a job to stop; one that has not begun, or is lost, is cancelled at once."""
    row = taken(ws, id)
    _mine(ws, row)
    if row["state"] in DONE:
        raise Conflict("job.over", f"Job {id} is {row['state']} already.", hint=f"hoshin job get {id}")
    with ws.database.write() as held:
        rows.put(held, id, cancel=1)
        if not rows.move(held, id, "queued", "cancelled", ended_at=_now(ws)) and state_of(ws, row) == "lost":
            rows.move(held, id, "running", "cancelled", ended_at=_now(ws))
    return shown(ws, taken(ws, id))


def restart(ws: Workspace, id: str, *, start: bool = True) -> dict[str, Any]:
    """Run a failed, cancelled or lost job again, with the same arguments."""
    row = taken(ws, id)
    _mine(ws, row)
    if state_of(ws, row) not in ("failed", "cancelled", "lost"):
        raise Conflict("job.state", f"Job {id} is {row['state']}; it cannot be restarted.", hint="Cancel it first.")
    fresh = {"cancel": 0, "result": None, "error": None, "ended_at": None, "beat_at": None, "done": 0, "what": ""}
    with ws.database.write() as held:
        if not rows.move(held, id, row["state"], "queued", attempt=row["attempt"] + 1, **fresh):
            raise Conflict("job.state", f"Job {id} has just changed.", hint=f"hoshin job get {id}")
    if start:
        launch(ws, id)
    return shown(ws, taken(ws, id))


def _mine(ws: Workspace, row: Mapping[str, Any]) -> None:
    if not (ws.actor.solo or "admin" in ws.actor.roles or row["person"] == ws.actor.id):
        raise Denied("job.other", f"Job {row['id']} is someone else's.", hint="Its owner or an administrator can.")


def wait(ws: Workspace, id: str, seconds: float) -> dict[str, Any]:
    """Until the job is over, or for `seconds`."""
    end = time.monotonic() + seconds
    while (row := taken(ws, id))["state"] not in DONE and time.monotonic() < end:
        time.sleep(0.1)
    return shown(ws, row)


# --- in the job's own process --------------------------------------------------------------------------


@dataclass(slots=True)
class JobProgress:
    """Progress into the job's row; the beat writes it, so that advancing costs nothing."""

    what: str = ""
    done: int = 0
    total: int | None = None

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Advance]:
        self.what, self.done, self.total = what, 0, total

        def advance(amount: int = 1) -> None:
            self.done += amount

        yield advance


@dataclass(slots=True)
class Beat:
    """A thread that writes progress, and ends the whole process once cancelling is asked for: what a use case
    stores is stored whole or not at all, so stopping it anywhere is safe."""

    ws: Workspace
    id: str
    progress: JobProgress
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.over.wait(BEAT_S):
            self.once()
        self.ws.database.close()

    def once(self) -> None:
        p = self.progress
        with self.ws.database.write() as held:
            row = rows.get(held, self.id)
            if row and row["cancel"] and rows.move(held, self.id, "running", "cancelled", ended_at=_now(self.ws)):
                self.over.set()
            else:
                rows.put(held, self.id, beat_at=_now(self.ws), what=p.what, done=p.done, total=p.total)
        if self.over.is_set() and row and row["cancel"]:
            os._exit(130)


def work(ws: Workspace, id: str) -> dict[str, Any]:
    """Run a queued job here and now; Conflict(job.taken) if it is not queued (any more)."""
    now = _now(ws)
    with ws.database.write() as held:
        row = rows.get(held, id)
        if row is None or not rows.move(held, id, "queued", "running", started_at=now, beat_at=now):
            raise Conflict("job.taken", f"Job {id} is not waiting to be run.", hint=f"hoshin job get {id}")
        doer = person(held, row["person"])
    progress = JobProgress()
    beat = Beat(ws, id, progress)
    thread = threading.Thread(target=beat.run, daemon=True)
    thread.start()
    try:
        ended = _outcome(replace(ws, actor=doer, progress=progress), row)
    finally:
        beat.over.set()
        thread.join()
    with ws.database.write() as held:
        left = {"what": progress.what, "done": progress.done, "total": progress.total, "ended_at": _now(ws)}
        rows.move(held, id, "running", "failed" if "error" in ended else "done", **ended, **left)
    return shown(ws, taken(ws, id))


def person(held: Any, id: str) -> Actor:
    """The actor a job runs as, with the roles they have now."""
    from hoshin.service._identity import actor

    if id == LOCAL.id:
        return LOCAL
    row = people.get(held, id)
    if row is None or not row[6]:
        return Actor(id, id, frozenset(), frozenset())
    return actor(held, row)


def _outcome(ws: Workspace, row: Mapping[str, Any]) -> dict[str, str]:
    """{"result"} or {"error"}, as JSON."""
    from hoshin.service._arguments import convert

    try:
        use = load(row["area"], row["name"])
        result = perform(use, ws, convert(use, json.loads(row["arguments"])))
        return {"result": canonical(finite(msgspec.to_builtins(result, enc_hook=_plain)))}
    except HoshinError as error:
        return {"error": canonical(finite(msgspec.to_builtins(error.problem(), enc_hook=str)))}
    except Exception as error:
        return {"error": canonical({"title": type(error).__name__, "detail": str(error), "code": "job.crash"})}


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
