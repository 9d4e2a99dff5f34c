"""Records as resources: `/v1/records/{kind}/{id}` with ETag and If-Match, pages, and acts as sub-resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hoshin.errors import Conflict, InvalidInput, NotFound
from hoshin.http.door import Door, answer, body_of, object_of, query_of
from hoshin.records.catalogue import kinds
from hoshin.service._arguments import convert
from hoshin.service._door import perform
from hoshin.service._use_case import load
from hoshin.service._workspace import Workspace

ACTS = ("propose", "approve", "reject", "withdraw", "recuse", "enact", "retire", "comment")


def routes(door: Door) -> list[Route]:
    def wrap(handle: Callable[[Workspace, Request, bytes], Response], use: str) -> Any:
        async def endpoint(request: Request) -> Response:
            body = await body_of(request, door.ws.settings.serve_body_bytes) if request.method != "GET" else b""

            def act() -> Response:
                ws = door.enter(request)
                return door.once(request, ws, use, body, lambda: handle(ws, request, body))

            return await run_in_threadpool(act)

        return endpoint

    return [
        Route("/v1/records", wrap(page, "record.list"), methods=["GET"]),
        Route("/v1/records/{kind}/{id}", wrap(read, "record.get"), methods=["GET"]),
        Route("/v1/records/{kind}/{id}", wrap(write, "record.write"), methods=["PUT"]),
        Route("/v1/records/{kind}/{id}/history", wrap(history, "record.history"), methods=["GET"]),
        Route("/v1/records/{kind}/{id}/{act}", wrap(decide, "record.act"), methods=["POST"]),
    ]


def page(ws: Workspace, request: Request, body: bytes) -> Response:
    use = load("record", "list_")
    return answer(perform(use, ws, convert(use, query_of(request))), request)


def read(ws: Workspace, request: Request, body: bytes) -> Response:
    use = load("record", "get")
    key = {"kind": request.path_params["kind"], "id": request.path_params["id"]}
    given = query_of(request)
    result = perform(use, ws, convert(use, given | key))
    return answer(result, request, tag="" if given else tag_of(ws, **key))


def write(ws: Workspace, request: Request, body: bytes) -> Response:
    """Create or revise. `If-Match` holds the ETag seen; `If-None-Match: *` asks that there be none yet."""
    kind, id = request.path_params["kind"], request.path_params["id"]
    fields = object_of(body)
    if fields.setdefault("id", id) != id:
        raise InvalidInput("http.id", f"The body says id {fields['id']!r}, the path {id!r}.")
    seen = seen_revision(ws, request, kind, id)
    use = load("record", "write")
    before = ws.book.version(kind, id)
    result = perform(use, ws, convert(use, {"kind": kind, "fields": json.dumps(fields), "expect": seen}))
    return answer(result, request, status=200 if before else 201, tag=tag_of(ws, kind, id))


def history(ws: Workspace, request: Request, body: bytes) -> Response:
    use = load("record", "history")
    return answer(perform(use, ws, convert(use, query_of(request) | dict(request.path_params))), request)


def decide(ws: Workspace, request: Request, body: bytes) -> Response:
    act = request.path_params["act"]
    if act not in ACTS:
        raise NotFound.unknown("http.act", "act", act, ACTS)
    key = {"kind": request.path_params["kind"], "id": request.path_params["id"]}
    use = load("record", act)
    given = object_of(body) | key
    seen = seen_revision(ws, request, **key)
    if seen is not None and any(p.name == "expect" for p in use.parameters):
        given["expect"] = seen
    return answer(perform(use, ws, convert(use, given)), request, tag=tag_of(ws, **key))


def tag_of(ws: Workspace, kind: str, id: str) -> str:
    """The ETag of a record: its revision and its last ledger entry."""
    version = ws.book.version(kind, id)
    return f"{version.rev}-{version.seq}" if version else ""


def seen_revision(ws: Workspace, request: Request, kind: str, id: str) -> int | None:
    """The revision the caller saw, which the change itself then insists on; Conflict(http.moved) if the record has
    moved on already."""
    kinds.take(kind)
    wanted = request.headers.get("if-match", "").strip()
    if request.headers.get("if-none-match", "").strip() == "*":
        return 0
    if not wanted or wanted == "*":
        return None
    now = tag_of(ws, kind, id)
    if not now or f'"{now}"' not in wanted:
        raise Conflict(
            "http.moved", f"{kind}/{id} is at {now or 'nothing'}, not {wanted}.", hint="Read it again.", etag=now
        )
    return int(now.partition("-")[0])
