"""People, tokens and permissions: who may do what, and why not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from hoshin.errors import InvalidInput
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

Name = Annotated[str, "Login name of the person"]
PasswordFile = Annotated[Path | None, "File with the password on its first line; '-' reads it from stdin"]


@use_case()
def whoami(ws: Workspace) -> dict[str, Any]:
    """Who you are here, with your roles and business units.

    Example: hoshin access whoami
    """
    actor = ws.actor
    return {"name": actor.name, "id": actor.id, "roles": sorted(actor.roles), "units": sorted(actor.units)}


@use_case()
def roles(ws: Workspace) -> list[dict[str, Any]]:
    """The roles a person can have.

    Example: hoshin access roles
    """
    from hoshin.records.actor import ROLES

    return [{"role": name, "what": text} for name, text in ROLES.items()]


@use_case()
def users(ws: Workspace) -> list[dict[str, Any]]:
    """Everyone with access.

    Example: hoshin access users
    """
    from hoshin.service import _identity
    from hoshin.store import people

    with ws.database.read() as held:
        return [_identity.shown(held, row) for row in people.everyone(held)]


@use_case(writes=True, audited=True)
def add(
    ws: Workspace,
    name: Name,
    *,
    role: Annotated[list[str], "A role; may be repeated"],
    unit: Annotated[list[str] | None, "A business unit they are bound to; may be repeated; default: all"] = None,
    password_file: PasswordFile = None,
) -> dict[str, Any]:
    """Add a person. Without a password they sign in by token or identity provider.

    Example: hoshin access add anna --role analyst --role owner --unit de
    """
    from hoshin.service import _identity

    return _identity.enter(ws, name, role, unit or [], password_from(password_file) if password_file else None)


@use_case(writes=True, audited=True)
def change(
    ws: Workspace,
    name: Name,
    *,
    role: Annotated[list[str] | None, "The roles they have from now on; may be repeated"] = None,
    unit: Annotated[list[str] | None, "The business units they are bound to from now on; '*' for all"] = None,
    password_file: PasswordFile = None,
    active: Annotated[bool | None, "Let them in, or not"] = None,
) -> dict[str, Any]:
    """Change a person's roles, business units or password, or switch them off.

    Example: hoshin access change anna --role owner --no-active
    """
    from hoshin.service import _identity

    columns: dict[str, Any] = {}
    if role:
        columns["roles"] = role
    if unit:
        columns["units"] = unit
    if password_file:
        columns["password"] = password_from(password_file)
    if active is not None:
        columns["active"] = int(active)
    if not columns:
        raise InvalidInput("access.nothing", "Nothing to change was given.", hint="See: hoshin access change --help")
    return _identity.alter(ws, name, **columns)


@use_case(writes=True, audited=True)
def token(
    ws: Workspace,
    name: Name,
    *,
    label: Annotated[str, "What it is for"] = "",
    days: Annotated[int, "Days until it expires"] = 90,
) -> dict[str, Any]:
    """Make an API token for a person. It is shown once; only its hash is kept.

    Example: hoshin access token anna --label "nightly import"
    """
    from hoshin.service import _identity

    return _identity.fresh_token(ws, name, label=label, days=days)


@use_case()
def tokens(ws: Workspace) -> list[dict[str, Any]]:
    """Every token: whose it is, until when, whether it was revoked.

    Example: hoshin access tokens
    """
    from hoshin.records.redaction import Subjects
    from hoshin.store import people

    with ws.database.read() as held:
        subjects = Subjects(held)
        names = ("id", "name", "label", "at", "expires_at", "revoked_at")
        return [dict(zip(names, (r[0], subjects.name(r[1]), *r[2:]))) for r in people.tokens(held)]


@use_case(writes=True, audited=True)
def revoke(ws: Workspace, id: Annotated[str, "Id of the token (tok-...)"]) -> dict[str, Any]:
    """Make a token worthless at once.

    Example: hoshin access revoke tok-0a1b2c3d4e
    """
    from hoshin.errors import NotFound
    from hoshin.service import _identity
    from hoshin.store import people

    with ws.database.write() as held:
        if not people.revoke(held, id, _identity.now(ws)):
            raise NotFound("access.token_id", f"There is no live token {id!r}.", hint="hoshin access tokens")
        ws.ledger.append("access.revoke", by=ws.actor.id, body={"token": id})
    return {"id": id, "revoked": True}


@use_case()
def explain(
    ws: Workspace,
    do: Annotated[str, "read, write, propose, approve, ..."],
    on: Annotated[str, "A use case (log.import_) or a kind of record (record/waiver)"],
    *,
    role: Annotated[list[str] | None, "For these roles; default: yours"] = None,
) -> dict[str, Any]:
    """Whether someone may do something, and the rules that say so.

    Example: hoshin access explain approve record/waiver --role risk
    """
    from hoshin.records.policy import VERBS
    from hoshin.service import _identity

    _identity.checked_roles(role or [])
    if do not in VERBS:
        raise InvalidInput.unknown("access.verb", "verb", do, VERBS)
    held = frozenset(role or ws.actor.roles)
    rules = [
        {"rule": n, "effect": r.effect, "do": list(r.do), "on": list(r.on), "but": list(r.but)}
        for n, r in enumerate(ws.policy.rules, 1)
        if r.covers(held, do, on)
    ]
    return {"allowed": ws.policy.allows(held, do, on), "roles": sorted(held), "rules": rules}


@use_case()
def test(ws: Workspace) -> dict[str, Any]:
    """Run the tests written in the policy file; fails if one does not hold.

    Example: hoshin access test
    """
    policy = ws.policy
    failed = policy.failures()
    if failed:
        raise InvalidInput(
            "policy.tests",
            f"{len(failed)} of {len(policy.tests)} tests of the policy fail: {failed[0]}.",
            hint="Change the rule or the test.",
            failed=failed,
        )
    return {"tests": len(policy.tests), "failed": 0, "rules": len(policy.rules)}


def password_from(file: Path) -> str:
    """The first line of a file, or of stdin for '-'."""
    text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    return text.splitlines()[0] if text else ""
