"""Evidence: seal a computed result with all it came from; compute it again and compare."""

from __future__ import annotations

from typing import Annotated, Any

from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

Evidence = Annotated[str, "Id of the evidence (ev-...)"]


@use_case(writes=True, audited=True)
def seal(
    ws: Workspace,
    use: Annotated[str, "The question, as area.name, e.g. mine.variants"],
    *,
    given: Annotated[list[str] | None, "An argument as name=value; may be repeated"] = None,
    note: Annotated[str, "What it is for"] = "",
) -> dict[str, Any]:
    """Compute an answer and seal it with the hashes of its inputs, its arguments, the seed and the code.

    Example: hoshin evidence seal mine.variants --given log=incidents --given top=5
    """
    from hoshin.service import _evidence
    from hoshin.service._arguments import pairs, use_named

    body = _evidence.sealed(ws, use_named(use), pairs(given or []), {})
    _evidence.keep(ws, body, note)
    shown = ("id", "use", "arguments", "logs", "twins", "files", "result_hash", "code")
    return {k: body[k] for k in shown if k in body}


@use_case()
def verify(
    ws: Workspace,
    id: Evidence,
    *,
    tolerance: Annotated[float, "Relative difference allowed between numbers; 0: none"] = 0.0,
) -> dict[str, Any]:
    """Compute sealed evidence again on the same inputs and compare; fails if anything differs.

    Example: hoshin evidence verify ev-0123456789abcdef01234567
    """
    from hoshin.service import _evidence

    return _evidence.verified(ws, id, tolerance)


@use_case()
def get(ws: Workspace, id: Evidence) -> dict[str, Any]:
    """Sealed evidence in full, whether it is stale, and the records that cite it.

    Example: hoshin evidence get ev-0123456789abcdef01234567 --json
    """
    from hoshin.service import _evidence

    body = _evidence.taken(ws, id)
    return body | {"stale": _evidence.stale(ws, body), "cited_by": _evidence.citing(ws, id)}


@use_case()
def list_(
    ws: Workspace,
    *,
    stale: Annotated[bool, "Only what may no longer hold"] = False,
    limit: Annotated[int, "At most so many"] = 100,
    after: Annotated[str, "Continue after this id"] = "",
) -> list[dict[str, Any]]:
    """Sealed evidence by id: what it answers, and why it may no longer hold.

    Example: hoshin evidence list --stale
    """
    import json

    from hoshin.service import _evidence
    from hoshin.store import states

    with ws.database.read() as held:
        rows = states.list_evidence(held, limit, after)
    found = []
    for id, at, text in rows:
        body = json.loads(text)
        if "*" not in ws.actor.units and body["units"] != sorted(ws.actor.units):
            continue
        why = _evidence.stale(ws, body)
        if why or not stale:
            found.append({"id": id, "at": at, "use": body["use"], "arguments": body["arguments"], "stale": why})
    return found
