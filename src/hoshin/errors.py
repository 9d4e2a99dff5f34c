"""Every error hoshin raises on purpose: what is wrong, where, and what to do next.

A code is `area.reason`, stable and documented in `docs/reference/errors.md`. Each kind is also the
matching builtin, and carries its HTTP status and its exit code.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Self


class HoshinError(Exception):
    """Root of the tree. `code` is stable; `hint` is the next step; `context` is data for programs."""

    status, exit_code = 500, 1

    def __init__(self, code: str, message: str, *, hint: str = "", **context: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.context = context

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def problem(self) -> dict[str, object]:
        """The error as an RFC 9457 problem document."""
        return {
            "type": f"https://hoshin.example/errors/{self.code}",
            "title": type(self).__name__,
            "status": self.status,
            "code": self.code,
            "detail": self.message,
            "hint": self.hint,
            **{key: value for key, value in self.context.items() if value is not None},
        }


class InvalidInput(HoshinError, ValueError):
    """The caller can fix this by changing an argument or a file."""

    status, exit_code = 422, 2

    @classmethod
    def unknown(cls, code: str, what: str, got: str, known: Iterable[str], **context: object) -> Self:
        """`got` is not one of `known`: say the nearest name, or list them."""
        names = sorted(known)
        near = get_close_matches(got, names, n=1)
        if near:
            hint = f"Did you mean {near[0]!r}?"
        elif names:
            listed = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
            hint = f"Known: {listed}."
        else:
            hint = f"There is no {what} yet."
        return cls(code, f"Unknown {what} {got!r}.", hint=hint, got=got, **context)


class NotFound(InvalidInput, LookupError):
    """A named thing is not there."""

    status, exit_code = 404, 2


class Denied(HoshinError, PermissionError):
    """The actor may not do this."""

    status, exit_code = 403, 4


class Conflict(HoshinError, ValueError):
    """The state of things forbids this now: a version moved on, a name is taken."""

    status, exit_code = 409, 5


class Unsupported(HoshinError, NotImplementedError):
    """hoshin, or an installation without an extra, does not do this."""

    status, exit_code = 501, 6


class Unavailable(HoshinError, ConnectionError):
    """An outside system did not answer: try again later."""

    status, exit_code = 503, 7


class NotConverged(HoshinError, ArithmeticError):
    """A computation did not reach a trustworthy answer."""

    status, exit_code = 500, 8


class Corrupt(HoshinError, ValueError):
    """Stored data does not match its hash or its schema."""

    status, exit_code = 500, 9
