"""Errors as RFC 9457 problem documents, one shape for every endpoint."""

from __future__ import annotations

import logging
import uuid
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hoshin.errors import HoshinError

MEDIA = "application/problem+json"
# Refusals that signing in (again) would cure.
SIGN_IN = ("access.token", "access.oidc", "access.password")

logger = logging.getLogger("hoshin.http")


def problem(body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body, enc_hook=str), status, headers, MEDIA)


def of_error(error: HoshinError) -> Response:
    """401 for who is not signed in, else the error's own status; 503 says when to come back."""
    status = 401 if error.code in SIGN_IN else error.status
    headers = {401: {"WWW-Authenticate": 'Bearer realm="hoshin"'}, 503: {"Retry-After": "5"}}.get(status)
    return problem(error.problem() | {"status": status}, status, headers)


async def on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HoshinError)
    return of_error(error)


async def on_http(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: no such path, method not allowed."""
    assert isinstance(error, HTTPException)
    body = {
        "type": "about:blank", "title": error.detail, "status": error.status_code,
        "code": f"http.{error.status_code}", "detail": f"{request.method} {request.url.path}: {error.detail}",
        "hint": "See /openapi.json.",
    }  # fmt: skip
    return problem(body, error.status_code, dict(error.headers or {}))


async def on_crash(request: Request, error: Exception) -> Response:
    """A bug: the caller gets a number, the log the trace."""
    number = uuid.uuid4().hex[:12]
    logger.error("%s %s failed, incident %s", request.method, request.url.path, number, exc_info=error)
    body = {
        "type": "about:blank", "title": "Internal error", "status": 500, "code": "http.crash",
        "detail": f"Something went wrong here; the server's log has it as incident {number}.",
        "hint": "Report it with that number.",
    }  # fmt: skip
    return problem(body, 500)
