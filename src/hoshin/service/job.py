"""Background jobs: start long work, watch it, stop it, run it again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

JobId = Annotated[str, "Id of the job (job-...)"]
State = Literal["", "queued", "running", "done", "failed", "cancelled"]


@use_case(writes=True)
def start(
    ws: Workspace,
    use: Annotated[str, "The use case, as area.name, e.g. log.import"],
    *,
    given: Annotated[list[str] | None, "An argument as name=value; may be repeated"] = None,
) -> dict[str, Any]:
    """Run a use case in a process of its own and return at once.

    Example: hoshin job start mine.variants --given log=incidents
    """
    from hoshin.service import _jobs
    from hoshin.service._arguments import convert, pairs, use_named

    called = use_named(use)
    return _jobs.submit(ws, called, convert(called, pairs(given or [])))


@use_case()
def list_(
    ws: Workspace,
    *,
    state: Annotated[State, "Only those in this state"] = "",
    limit: Annotated[int, "At most so many"] = 50,
) -> list[dict[str, Any]]:
    """Your jobs, newest first; administrators and auditors see everyone's.

    Example: hoshin job list --state running
    """
    from hoshin.service import _jobs
    from hoshin.store import jobs

    with ws.database.read() as held:
        found = jobs.newest(held, "" if _jobs.sees_all(ws.actor) else ws.actor.id, state, max(1, min(limit, 1000)))
    return [_jobs.shown(ws, row, result=False) for row in found]


@use_case()
def get(ws: Workspace, id: JobId) -> dict[str, Any]:
    """A job: how far it is, and its result or error.

    Example: hoshin job get job-0123456789abcdef --json
    """
    from hoshin.service import _jobs

    return _jobs.shown(ws, _jobs.taken(ws, id))


@use_case()
def wait(ws: Workspace, id: JobId, *, seconds: Annotated[float, "At most so long, up to 600"] = 60.0) -> dict[str, Any]:
    """Wait until a job is over.

    Example: hoshin job wait job-0123456789abcdef --seconds 10
    """
    from hoshin.service import _jobs

    return _jobs.wait(ws, id, min(seconds, 600.0))


@use_case(writes=True)
def cancel(ws: Workspace, id: JobId) -> dict[str, Any]:
    """Stop a job. What it has stored whole stays; nothing is left half-written.

    Example: hoshin job cancel job-0123456789abcdef
    """
    from hoshin.service import _jobs

    return _jobs.cancel(ws, id)


@use_case(writes=True)
def restart(ws: Workspace, id: JobId) -> dict[str, Any]:
    """Run a failed, cancelled or lost job again.

    Example: hoshin job restart job-0123456789abcdef
    """
    from hoshin.service import _jobs

    return _jobs.restart(ws, id)


@use_case(writes=True, audited=True, local=True)
def work(ws: Workspace, id: JobId) -> dict[str, Any]:
    """Run a queued job in this process (what `job start` has its own process do).

    Example: hoshin job work job-0123456789abcdef
    """
    from hoshin.service import _jobs

    return _jobs.work(ws, id)
