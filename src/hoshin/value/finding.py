"""What a check found: a code, how bad it is, and one sentence a reader can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something a reader must know. What makes a number meaningless is not a finding but an error."""

    code: str
    severity: Severity
    says: str


def note(code: str, says: str) -> Finding:
    return Finding(code, "note", says)


def warning(code: str, says: str) -> Finding:
    return Finding(code, "warning", says)


def merged(*groups: Iterable[Finding]) -> tuple[Finding, ...]:
    """All findings once each, in order of first appearance."""
    return tuple(dict.fromkeys(f for group in groups for f in group))


@dataclass(frozen=True, slots=True)
class Check:
    """One test of an assumption: `passed` is None when it could not be run, and `says` tells why."""

    name: str
    passed: bool | None
    says: str
    value: float | None = None
    p_value: float | None = None


def listed(names: Iterable[object], limit: int = 6) -> str:
    """Names for a sentence: all, or the first `limit` and how many more.

    >>> listed("abcdefgh", 3)
    'a, b, c and 5 more'
    """
    texts = [str(n) for n in names]
    return ", ".join(texts[:limit]) + (f" and {len(texts) - limit} more" if len(texts) > limit else "")
