"""The one way in: every door (command line, HTTP, jobs) runs a use case through `perform`.

It asks the policy, runs, and leaves a ledger entry for each change and each refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hoshin.errors import Denied, HoshinError, InvalidInput, NotFound
from hoshin.service._use_case import UseCase
from hoshin.service._workspace import Workspace

SECRET = ("password", "secret", "token")


def signed_in(ws: Workspace) -> Workspace:
    """The workspace as the holder of $HOSHIN_TOKEN, or as its local user if there is none."""
    from hoshin.settings import token

    given = token()
    if given:
        from hoshin.service._identity import by_token

        return ws.acting(by_token(ws, given))
    if ws.settings.access_required:
        raise Denied("access.token", "This workspace asks for a token.", hint="Set HOSHIN_TOKEN.")
    return ws


def perform(use: UseCase, ws: Workspace, arguments: Mapping[str, Any]) -> Any:
    """Run a use case as the actor of `ws`. Denied is raised and logged; a change is logged once it is done."""
    what = f"{use.area}.{use.name}"
    try:
        ws.require("write" if use.writes else "read", what)
        result = use.call(ws, **arguments)
    except Denied as error:
        refused(ws, what, error, arguments)
        raise
    except HoshinError:
        raise
    except FileNotFoundError as error:
        raise NotFound("service.file", f"There is no file {str(error.filename)!r}.", hint="Check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("service.unreadable", f"A file cannot be used: {error}", hint="Check the path.") from error
    if use.writes and not use.audited:
        ws.ledger.append(f"use.{what}", by=ws.actor.id, body={"arguments": shown(arguments)})
    return result


def admit(use: UseCase, ws: Workspace) -> None:
    """Denied, and logged, unless the actor may use it at all: asked before their arguments are even read."""
    try:
        ws.require("write" if use.writes else "read", f"{use.area}.{use.name}")
    except Denied as error:
        refused(ws, f"{use.area}.{use.name}", error)
        raise


def refused(ws: Workspace, what: str, error: Denied, arguments: Mapping[str, Any] | None = None) -> None:
    """Leave a ledger entry that someone was refused."""
    body = {"use": what, "code": error.code, "why": error.message, "arguments": shown(arguments or {})}
    ws.ledger.append("access.refused", by=ws.actor.id, body=body)


def shown(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as the ledger keeps them: what was given, secrets masked, long texts cut."""
    return {
        k: "***" if any(s in k for s in SECRET) else _plain(v) for k, v in arguments.items() if v not in (None, "", [])
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    text = value.as_posix() if isinstance(value, Path) else str(value)
    return text if len(text) <= 500 else text[:500] + "..."
