"""Slow twins of the kernels for logs larger than memory."""

from __future__ import annotations

from collections.abc import Sequence


def intern(batches: Sequence[Sequence[str]]) -> tuple[list[list[int]], list[str]]:
    """Codes of every batch, and the texts by number."""
    seen: dict[str, int] = {}
    return [[seen.setdefault(text, len(seen)) for text in batch] for batch in batches], list(seen)


def place(case: Sequence[int], n_cases: int) -> list[int]:
    """Where each event stands once all are sorted by case, stably."""
    order = sorted(range(len(case)), key=lambda e: (case[e], e))
    return [order.index(e) for e in range(len(case))]
