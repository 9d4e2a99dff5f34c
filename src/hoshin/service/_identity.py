"""Who is behind a token or a password, and what is kept of people."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hoshin.errors import Conflict, Denied, InvalidInput, NotFound
from hoshin.records.actor import ROLES, Actor
from hoshin.records.redaction import Subjects
from hoshin.service._workspace import Workspace
from hoshin.store import people
from hoshin.store.database import Connection, Row

if TYPE_CHECKING:
    from hoshin.connect.oidc import Issuer

PREFIX = "hsh_"
TRIES, LOCK = 5, timedelta(minutes=5)


def now(ws: Workspace) -> str:
    return ws.ledger.clock().isoformat(timespec="microseconds")


def digest(token: str) -> str:
    """What is stored of a token: it is 256 random bits, so one SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_token(ws: Workspace, token: str) -> Actor:
    """The person a token belongs to; Denied(access.token) if it is unknown, expired or revoked."""
    if not token.startswith(PREFIX) and ws.settings.oidc_issuer:
        return by_identity(ws, token)
    with ws.database.read() as held:
        subject = people.token(held, digest(token), now(ws))
        row = people.get(held, subject) if subject else None
        if row is not None and row[6]:
            return actor(held, row)
    raise Denied("access.token", "The token is unknown, expired or revoked.", hint="hoshin access token NAME")


def actor(held: Connection, row: Row) -> Actor:
    name = Subjects(held).name(row[0])
    return Actor(row[0], name, frozenset(json.loads(row[1])), frozenset(json.loads(row[2])))


@lru_cache(maxsize=8)
def _issuer(url: str, audience: str) -> Issuer:
    from hoshin.connect.oidc import Issuer

    return Issuer(url, audience)


def by_identity(ws: Workspace, token: str) -> Actor:
    """The person an OIDC token is about. A new one is entered; roles and units follow the provider's claims."""
    claims = _issuer(ws.settings.oidc_issuer, ws.settings.oidc_audience).claims(token)
    roles = {r for r in _texts(claims.get(ws.settings.oidc_roles_claim)) if r in ROLES}
    units = set(_texts(claims.get(ws.settings.oidc_units_claim)))
    issuer, sub = str(claims["iss"]), str(claims["sub"])
    with ws.database.read() as held:
        row = people.issued(held, issuer, sub)
        if row is not None and set(json.loads(row[1])) == roles and set(json.loads(row[2])) == units and row[6]:
            return actor(held, row)
    with ws.database.write() as held:
        row = people.issued(held, issuer, sub)
        if row is not None and not row[6]:
            raise Denied("access.off", "This person was switched off here.", hint="Ask an administrator.")
        if row is None:
            subjects = Subjects(held)
            name = str(claims.get("preferred_username") or claims.get("email") or sub)
            # A name from outside never becomes someone who is here already.
            subject = subjects.take(name if subjects.find(name) is None else f"{sub}@{urlsplit(issuer).netloc}")
            people.add(held, subject, roles, units, now(ws), issuer=issuer, issued_as=sub)
            act = "access.add"
        else:
            subject, act = row[0], "access.change"
            people.change(held, subject, roles=roles, units=units)
        ws.ledger.append(act, by="system", body={"person": subject, "roles": sorted(roles), "units": sorted(units)})
        found = people.get(held, subject)
        assert found is not None
        return actor(held, found)


def _texts(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else [str(v) for v in value or []]


def by_password(ws: Workspace, name: str, password: str) -> Actor:
    """The person with this name and password; Denied(access.password) says no more than no. Five wrong ones lock
    the account for five minutes."""
    with ws.database.write() as held:
        row = _local(held, name)
        locked = row is not None and row[9] is not None and row[9] > now(ws)
        right = checked(row[3] if row is not None and not locked else None, password)
        if row is not None and right and row[6]:
            people.change(held, row[0], failed=0, locked_until=None)
            return actor(held, row)
        if row is not None and not locked:
            failed = row[8] + 1
            until = (ws.ledger.clock() + LOCK).isoformat(timespec="microseconds") if failed >= TRIES else None
            people.change(held, row[0], failed=0 if until else failed, locked_until=until)
        ws.ledger.append("access.failed", by=row[0] if row else "unknown", body={"locked": locked})
    raise Denied("access.password", "Name or password is wrong, or the account is locked.", hint="Wait five minutes.")


def _local(held: Connection, name: str) -> Row | None:
    subject = Subjects(held).find(name)
    return people.get(held, subject) if subject else None


def hashed(password: str) -> str:
    """Argon2id (RFC 9106) of a password; InvalidInput(access.weak) under 12 characters."""
    if len(password) < 12:
        raise InvalidInput("access.weak", "A password has 12 characters at least.", hint="A short sentence is good.")
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


# The hash of no one's password: checking it costs a stranger's try as much time as anyone's.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def checked(stored: str | None, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    try:
        return PasswordHasher().verify(stored or _NOBODY, password) and stored is not None
    except VerificationError:
        return False


def fresh_token(ws: Workspace, name: str, *, label: str, days: int) -> dict[str, Any]:
    """A new token for a person; its text is shown this once and kept nowhere."""
    if not 1 <= days <= 3660:
        raise InvalidInput("access.days", f"days must be from 1 to 3660, got {days}.")
    text, id = PREFIX + os.urandom(32).hex(), "tok-" + os.urandom(5).hex()
    expires = (ws.ledger.clock() + timedelta(days=days)).isoformat(timespec="microseconds")
    with ws.database.write() as held:
        subject = known(held, name)[0]
        people.add_token(held, digest(text), id, subject, label, now(ws), expires)
        ws.ledger.append("access.token", by=ws.actor.id, body={"person": subject, "token": id, "expires_at": expires})
    return {"token": text, "id": id, "name": name, "expires_at": expires, "next": "export HOSHIN_TOKEN=<token>"}


def known(held: Connection, name: str) -> Row:
    """The row of the person called `name`; NotFound(access.person)."""
    row = _local(held, name)
    if row is None:
        raise NotFound("access.person", f"There is no person {name!r}.", hint="hoshin access users")
    return row


def enter(ws: Workspace, name: str, roles: list[str], units: list[str], password: str | None) -> dict[str, Any]:
    """Add a person; Conflict(access.taken) if there is one of that name."""
    checked_roles(roles)
    if not name.strip() or name != name.strip() or len(name) > 200 or name in ("local", "system", "unknown"):
        raise InvalidInput("access.name", f"{name!r} cannot name a person.", hint="Use a login name, e.g. anna.")
    secret = hashed(password) if password else None
    with ws.database.write() as held:
        subject = Subjects(held).take(name)
        if people.get(held, subject) is not None:
            raise Conflict("access.taken", f"There is a person {name!r} already.", hint="hoshin access change")
        people.add(held, subject, roles, units or ["*"], now(ws))
        if secret:
            people.change(held, subject, password=secret)
        body = {"person": subject, "roles": sorted(roles), "units": sorted(units or ["*"])}
        ws.ledger.append("access.add", by=ws.actor.id, body=body)
    return {"name": name, "id": subject, "roles": sorted(roles), "units": sorted(units or ["*"])}


def alter(ws: Workspace, name: str, **columns: Any) -> dict[str, Any]:
    """Change roles, units, password or activity of a person, and say so on the ledger."""
    with ws.database.write() as held:
        row = known(held, name)
        if "roles" in columns:
            checked_roles(columns["roles"])
        if "password" in columns:
            columns["password"] = hashed(columns["password"])
        people.change(held, row[0], **columns)
        told = {k: (sorted(v) if isinstance(v, list) else v) for k, v in columns.items() if k != "password"}
        body = {"person": row[0], "changed": sorted(columns), **told}
        ws.ledger.append("access.change", by=ws.actor.id, body=body)
        return shown(held, people.get(held, row[0]) or row)


def checked_roles(roles: list[str]) -> None:
    for role in roles:
        if role not in ROLES:
            raise InvalidInput.unknown("access.role", "role", role, ROLES)


def shown(held: Connection, row: Row) -> dict[str, Any]:
    return {
        "name": Subjects(held).name(row[0]), "id": row[0], "roles": json.loads(row[1]), "units": json.loads(row[2]),
        "signs_in_by": "provider" if row[4] else "password" if row[3] else "token", "active": bool(row[6]),
    }  # fmt: skip
