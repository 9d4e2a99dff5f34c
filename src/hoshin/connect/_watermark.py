"""What of a table was read already: the last watermark, and the rows that have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hoshin.connect._connector import State
from hoshin.connect._database import digest
from hoshin.errors import InvalidInput


class Seen:
    """The last watermark, and the digests of the rows at it (or within the overlap before it).

    `time_zone`: whose wall clock a watermark without an offset is. In the hour that the clock repeats in
    autumn a later row may have a smaller watermark, so the whole of that hour is looked at again.
    """

    def __init__(
        self,
        overlap_s: float,
        time_zone: str = "UTC",
        last: Any = None,
        rows: int = 0,
        window: Iterable[tuple[Any, str]] = (),
    ):
        self.overlap, self.zone, self.last, self.rows = overlap_s, ZoneInfo(time_zone or "UTC"), last, rows
        self._window = list(window)
        self._again = Counter(known for _, known in self._window)
        self._upto = last
        self._new: list[tuple[Any, Sequence[Any]]] = []

    @classmethod
    def resume(cls, state: State | None, overlap_s: float, time_zone: str = "UTC") -> Seen:
        if not state:
            return cls(overlap_s, time_zone)
        window = [(value_of(w), d) for w, d in state["window"]]
        return cls(overlap_s, time_zone, value_of(state["watermark"]), state["rows"], window)

    def floor(self) -> Any:
        """The smallest watermark that may still bring an unseen row."""
        if isinstance(self.last, datetime) and self.last.tzinfo is None:
            return min(self.last - timedelta(seconds=self.overlap), repeated_from(self.last, self.zone))
        if not self.overlap:
            return self.last
        if isinstance(self.last, (datetime, date)):
            return self.last - timedelta(seconds=self.overlap)
        if isinstance(self.last, Decimal):
            return self.last - Decimal(self.overlap)
        if isinstance(self.last, (int, float)):
            return self.last - type(self.last)(self.overlap)
        raise InvalidInput(
            "connect.overlap",
            f"overlap_s needs a watermark that is a time or a number; {self.last!r} is text.",
            hint="Leave overlap_s out, or cast the column in a query.",
        )

    def take(self, mark: Any, row: Sequence[Any]) -> bool:
        """Whether `row` is new; notes it. Rows come in the order of their watermark."""
        if self._upto is not None and mark <= self._upto:
            known = digest(row)
            if self._again[known] > 0:
                self._again[known] -= 1
                return False
        self.last = mark if self.last is None else max(self.last, mark)
        self._new.append((mark, row))
        self.rows += 1
        return True

    def state(self) -> State:
        floor = self.floor()
        self._window = [(w, d) for w, d in self._window if w >= floor]
        self._window += [(w, digest(row)) for w, row in self._new if w >= floor]
        self._new = []
        return {
            "watermark": written(self.last),
            "rows": self.rows,
            "window": [[written(w), d] for w, d in self._window],
        }


def repeated_from(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first minute of the hour that the clock of `zone` shows twice, if `wall` is in it; else `wall`."""

    def twice(when: datetime) -> bool:
        first, second = (when.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
        return first is not None and second is not None and first > second

    if not twice(wall):
        return wall
    start = wall.replace(second=0, microsecond=0)
    while twice(start - timedelta(minutes=1)):
        start -= timedelta(minutes=1)
    return start


def written(value: Any) -> list[str]:
    for kind, (name, write, _) in KINDS.items():
        if isinstance(value, kind):
            return [name, write(value)]
    return ["text", str(value)]


def value_of(text: list[str]) -> Any:
    name, value = text
    return next((read(value) for known, _, read in KINDS.values() if known == name), value)


# How a watermark is written in a state: exactly. A datetime is a date too, so it comes first.
KINDS: dict[type, tuple[str, Callable[[Any], str], Callable[[str], Any]]] = {
    datetime: ("datetime", datetime.isoformat, datetime.fromisoformat),
    date: ("date", date.isoformat, date.fromisoformat),
    int: ("int", str, int),
    Decimal: ("decimal", str, Decimal),
    float: ("float", repr, float),
}
