"""Pages of what changed since a time, from an API that sorts by change time and pages by number or token.

Rows that change while they are read move to the end, so pages counted from the start would skip their
neighbours. Each query therefore starts at the newest change seen, and rows already seen at that time are
skipped; only when a whole page has one time does it turn the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order of their change, and how to get the next page of the same query (None: it was the last)."""

    rows: list[Row]
    next: Any = None


def changed_since(
    fetch: Callable[[str, Any], Page],
    state: dict[str, Any] | None,
    *,
    since: str = "",
    moment_of: Callable[[Row], str],
    identity_of: Callable[[Row], str],
) -> Iterator[tuple[list[Row], dict[str, Any]]]:
    """(unseen rows, state after them). `fetch(since, cursor)` gets a page of rows changed at `since` or later.

    `moment_of` is a row's change time as text that sorts, as coarse as the API can ask for;
    `identity_of` its id with its exact change time, so that a row that changes again is unseen again.
    """
    since = state["since"] if state else since
    seen = set(state["seen"]) if state else set()
    cursor = None
    while True:
        page = fetch(since, cursor)
        fresh = [r for r in page.rows if identity_of(r) not in seen]
        newest = max((moment_of(r) for r in page.rows), default=since)
        if newest > since:
            since, cursor = newest, None
            seen = {identity_of(r) for r in page.rows if moment_of(r) >= since}
        else:
            cursor = page.next
            seen |= {identity_of(r) for r in fresh}
        if fresh:
            yield fresh, {"since": since, "seen": sorted(seen)}
        if page.next is None:
            return
