"""A route for every use case: GET for questions (`/v1/mine/map?log=p2p`), POST for changes (JSON body)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hoshin.errors import InvalidInput
from hoshin.http.door import Door, answer, body_of, object_of, query_of
from hoshin.service._arguments import convert
from hoshin.service._door import admit, perform
from hoshin.service._jobs import submit
from hoshin.service._use_case import UseCase, listed, load
from hoshin.service._workspace import Workspace

FILES = "files"


def offered() -> list[UseCase]:
    """The use cases the server has, by area and name."""
    return [use for use in (load(u.area, u.name) for u in listed()) if not use.local]


def path_of(use: UseCase) -> str:
    return f"/v1/{use.area}/{use.name.rstrip('_').replace('_', '-')}"


def route(door: Door, use: UseCase) -> Route:
    async def endpoint(request: Request) -> Response:
        body = await body_of(request, door.ws.settings.serve_body_bytes) if use.writes else b""

        def act() -> Response:
            ws = door.enter(request)
            return door.once(request, ws, f"{use.area}.{use.name}", body, lambda: call(ws, use, request, body))

        return await run_in_threadpool(act)

    return Route(path_of(use), endpoint, methods=["POST" if use.writes else "GET"], name=f"{use.area}.{use.name}")


def call(ws: Workspace, use: UseCase, request: Request, body: bytes) -> Response:
    """Run the use case now or, with `Prefer: respond-async`, as a job: 202 and where to look."""
    admit(use, ws)
    given = object_of(body) if use.writes else query_of(request)
    arguments = inside(ws, convert(use, given, strict=use.writes))
    if "respond-async" in request.headers.get("prefer", ""):
        job = submit(ws, use, arguments)
        result = answer(job, request, status=202)
        result.headers["Location"] = f"/v1/job/get?id={job['id']}"
        return result
    return answer(perform(use, ws, arguments), request)


def inside(ws: Workspace, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Paths as files of the workspace's `files` folder: a caller from outside reaches no other file."""
    return {k: file_in(ws, v) if isinstance(v, Path) else v for k, v in arguments.items()}


def file_in(ws: Workspace, path: Path) -> Path:
    pure = PurePosixPath(path.as_posix())
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise InvalidInput(
            "http.path", f"{path.as_posix()!r} is not a name in the server's files.",
            hint="Upload it with PUT /v1/files/NAME, then say NAME.",
        )  # fmt: skip
    root = ws.folder(FILES).resolve()
    found = (root / Path(*pure.parts)).resolve()
    if root not in found.parents:
        raise InvalidInput("http.path", f"{path.as_posix()!r} leads out of the server's files.")
    found.parent.mkdir(parents=True, exist_ok=True)
    return found
