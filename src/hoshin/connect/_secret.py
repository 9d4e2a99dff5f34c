"""A secret by reference: where it is kept, never what it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hoshin.errors import InvalidInput, NotFound

SCHEMES = ("env", "file")


@dataclass(frozen=True, slots=True)
class Secret:
    """`env:NAME` or `file:/path`. Its repr, its text and its place in the lineage are the reference.

    >>> Secret("env:JIRA_TOKEN")
    Secret(reference='env:JIRA_TOKEN')
    """

    reference: str

    def __post_init__(self) -> None:
        scheme, _, name = self.reference.partition(":")
        if scheme not in SCHEMES or not name:
            # The text may be the secret itself: do not repeat it.
            raise InvalidInput(
                "connect.secret",
                "A secret was given as it is; it would be stored and shown.",
                hint="Give a reference: env:NAME (an environment variable) or file:/path.",
            )

    def __str__(self) -> str:
        return self.reference

    def reveal(self) -> str:
        """The secret. Raises NotFound(connect.no_secret) when there is nothing at the reference."""
        scheme, _, name = self.reference.partition(":")
        if scheme == "env":
            value = os.environ.get(name)
        else:
            path = Path(name).expanduser()
            value = path.read_text(encoding="utf-8").strip() if path.is_file() else None
        if not value:
            raise NotFound("connect.no_secret", f"There is no secret at {self.reference}.", hint="Set it, then retry.")
        return value


def scrub(message: str, *secrets: str) -> str:
    """`message` without any of `secrets`: for errors of libraries that repeat what they were given.

    >>> scrub("no access for u:hunter2", "hunter2")
    'no access for u:***'
    """
    for secret in secrets:
        if secret:
            message = message.replace(secret, "***")
    return message
