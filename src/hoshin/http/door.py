"""What every endpoint does around its call: who is it, body, idempotency key, background, answer with ETag."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from hoshin.errors import Conflict, Denied, InvalidInput
from hoshin.records.actor import LOCAL
from hoshin.service._identity import by_token, digest
from hoshin.service._workspace import Workspace
from hoshin.store import jobs as answers

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Door:
    """The workspace that is served. `console` is the hash of the token printed at the start, which acts as the
    workspace's local user; '' if there is none."""

    ws: Workspace
    console: str = ""

    def enter(self, request: Request) -> Workspace:
        """The workspace as whoever sent the request; Denied(access.token) without a valid token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Denied(
                "access.token", "No token was sent.", hint="Authorization: Bearer <token>; see POST /v1/login."
            )
        if self.console and digest(token.strip()) == self.console:
            return self.ws.acting(LOCAL)
        return self.ws.acting(by_token(self.ws, token.strip()))

    def once(self, request: Request, ws: Workspace, use: str, body: bytes, act: Callable[[], Response]) -> Response:
        """`act`, or with an Idempotency-Key seen before, the answer it gave then."""
        key = request.headers.get("idempotency-key")
        if key is None:
            return act()
        if not re.fullmatch("[!-~]{1,200}", key) or use.startswith("access."):
            raise InvalidInput(
                "http.idempotency", "This idempotency key cannot be used here.",
                hint="1 to 200 ASCII characters without spaces; answers about access are never kept.",
            )  # fmt: skip
        asked = hashlib.sha256(b"\0".join([request.method.encode(), request.url.path.encode(), body])).hexdigest()
        known = self._begin(ws, key, asked)
        if known is not None:
            return known
        try:
            answer = act()
        except BaseException:
            with ws.database.write() as held:
                answers.drop_answers(held, actor=ws.actor.id, key=key)
            raise
        with ws.database.write() as held:
            kept = bytes(answer.body).decode()
            answers.keep_answer(held, ws.actor.id, key, asked, answer.status_code, kept, _now(ws))
        return answer

    def _begin(self, ws: Workspace, key: str, asked: str) -> Response | None:
        """Note that the key is being answered; the kept answer if it was."""
        with ws.database.write() as held:
            answers.drop_answers(held, before=(ws.ledger.clock() - KEPT).isoformat())
            found = answers.answer(held, ws.actor.id, key)
            if found is None:
                answers.keep_answer(held, ws.actor.id, key, asked, 0, "", _now(ws))
                return None
        if found[0] != asked:
            raise InvalidInput(
                "http.idempotency", "This idempotency key was used for another request.", hint="Use a new key."
            )
        if found[1] == 0:
            raise Conflict(
                "http.running", "The request with this idempotency key is being answered.", hint="Ask again."
            )
        return Response(found[2], found[1], {"Idempotency-Replayed": "true"}, "application/json")


def _now(ws: Workspace) -> str:
    return ws.ledger.clock().isoformat(timespec="microseconds")


async def body_of(request: Request, most: int) -> bytes:
    """The request body; InvalidInput(http.size) beyond `most` bytes, read no further."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise InvalidInput("http.size", f"The body is larger than {most:,} bytes.", hint="serve.body_bytes")
        parts.append(part)
    return b"".join(parts)


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; nothing is an empty one."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise InvalidInput("http.json", f"The body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInput("http.json", "The body is not a JSON object.", hint='{"name": value, ...}')
    return found


def query_of(request: Request) -> dict[str, Any]:
    """The query as names and values; a name given twice is a list."""
    found: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
        else:
            found[name] = value
    return found


def answer(result: Any, request: Request, *, status: int = 200, tag: str = "") -> Response:
    """JSON with an ETag; 304 where the caller has it already; a Link to the next page where there is one."""
    content = msgspec.json.encode(_finite(result), enc_hook=plain)
    mark = f'"{tag or hashlib.sha256(content).hexdigest()[:24]}"'
    headers = {"ETag": mark, "Cache-Control": "private, no-cache"}
    if request.method == "GET" and mark in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    if isinstance(result, Mapping) and result.get("next") and "records" in result:
        following = request.url.include_query_params(after=result["next"])
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return Response(content, status, headers, "application/json")


def _finite(result: Any) -> Any:
    from hoshin.records.evidence import finite

    return finite(msgspec.to_builtins(result, enc_hook=plain))


def plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
