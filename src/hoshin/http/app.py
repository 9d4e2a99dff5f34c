"""The ASGI application: derived routes, records, files, login, OpenAPI, health."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hoshin.errors import HoshinError, InvalidInput
from hoshin.http import files, records
from hoshin.http.door import Door, answer, body_of, object_of
from hoshin.http.openapi import description
from hoshin.http.problems import on_crash, on_error, on_http
from hoshin.http.routes import offered, route
from hoshin.service import _identity
from hoshin.service._workspace import Workspace


def build(ws: Workspace, *, console: str = "") -> Starlette:
    """The application for `ws`. `console` is a token that acts as the workspace's local user ('' = none)."""
    door = Door(ws, _identity.digest(console) if console else "")
    routes = [
        Route("/openapi.json", openapi, methods=["GET"]),
        Route("/healthz", health(door), methods=["GET"]),
        Route("/v1/login", login(door), methods=["POST"]),
        *records.routes(door),
        *files.routes(door),
        *(route(door, use) for use in offered()),
    ]
    handlers: dict[Any, Any] = {HoshinError: on_error, HTTPException: on_http, Exception: on_crash}
    return Starlette(routes=routes, exception_handlers=handlers)


async def openapi(request: Request) -> Response:
    return JSONResponse(await run_in_threadpool(description))


def health(door: Door) -> Any:
    async def endpoint(request: Request) -> Response:
        size, _ = await run_in_threadpool(door.ws.ledger.head)
        return answer({"status": "ok", "entries": size}, request)

    return endpoint


def login(door: Door) -> Any:
    async def endpoint(request: Request) -> Response:
        given = object_of(await body_of(request, 10_000))
        if set(given) != {"name", "password"} or not all(isinstance(v, str) for v in given.values()):
            raise InvalidInput("http.login", "A login has a name and a password, both texts.")
        return answer(await run_in_threadpool(enter, door.ws, given["name"], given["password"]), request)

    return endpoint


def enter(ws: Workspace, name: str, password: str) -> dict[str, Any]:
    """A token for a day."""
    actor = _identity.by_password(ws, name, password)
    found = _identity.fresh_token(ws.acting(actor), name, label="login", days=1)
    return {k: found[k] for k in ("token", "id", "expires_at")}
