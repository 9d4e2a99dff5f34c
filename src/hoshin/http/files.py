"""Files in and out: `PUT /v1/files/NAME`, then use NAME where a use case takes a file; `GET` fetches what one wrote."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from hoshin.errors import NotFound
from hoshin.http.door import Door, answer, body_of
from hoshin.http.routes import file_in
from hoshin.service._door import refused
from hoshin.service._workspace import Workspace


def routes(door: Door) -> list[Route]:
    async def put(request: Request) -> Response:
        ws = await run_in_threadpool(door.enter, request)
        await run_in_threadpool(permit, ws, "write")
        body = await body_of(request, door.ws.settings.serve_body_bytes)
        return await run_in_threadpool(stored, ws, request, body)

    async def get(request: Request) -> Response:
        ws = await run_in_threadpool(door.enter, request)
        await run_in_threadpool(permit, ws, "read")
        path = file_in(ws, Path(request.path_params["name"]))
        if not path.is_file():
            raise NotFound("http.file", f"There is no file {request.path_params['name']!r}.")
        return FileResponse(path, media_type="application/octet-stream")

    return [
        Route("/v1/files/{name:path}", put, methods=["PUT"]),
        Route("/v1/files/{name:path}", get, methods=["GET"]),
    ]


def permit(ws: Workspace, verb: str) -> None:
    from hoshin.errors import Denied

    try:
        ws.require(verb, f"files.{verb}")
    except Denied as error:
        refused(ws, f"files.{verb}", error)
        raise


def stored(ws: Workspace, request: Request, body: bytes) -> Response:
    """Written beside its place and moved in: a reader sees all of it or the one before."""
    path = file_in(ws, Path(request.path_params["name"]))
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(handle, "wb") as file:
        file.write(body)
    os.replace(scratch, path)
    ws.ledger.append("files.write", by=ws.actor.id, body={"name": request.path_params["name"], "bytes": len(body)})
    return answer({"name": request.path_params["name"], "bytes": len(body)}, request, status=201)
