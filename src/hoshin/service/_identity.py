"""Who is behind a token or a password."""

from __future__ import annotations

from hoshin.errors import Denied
from hoshin.records.actor import Actor
from hoshin.service._workspace import Workspace


def by_token(ws: Workspace, token: str) -> Actor:
    """The person a token belongs to; Denied(access.token) if it is unknown, expired or revoked."""
    raise Denied("access.token", "The token is not known here.", hint="hoshin access token")
