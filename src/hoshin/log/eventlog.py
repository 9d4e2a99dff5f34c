"""The event log: an immutable set of columns sorted by case, then time.

Terms are those of XES (IEEE 1849): a case (trace) has events; an event has an activity
(`concept:name`), a timestamp (`time:timestamp`), and may have a resource (`org:resource`), a
lifecycle transition (`lifecycle:transition`), a start and a cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.units import NS_PER_S

Codes = NDArray[np.int32]
Times = NDArray[np.int64]

MISSING = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EventLog:
    """Events as columns, sorted by case, then time, ties in source order. Build one with `build_log`.

    `activity` int32 (n_events,): codes into `activities`. `t_ns` int64 (n_events,): completion, UTC
    nanoseconds since 1970. `case_start` int64 (n_cases + 1,): case c is the slice
    `case_start[c]:case_start[c + 1]`. `case_ids` String (n_cases,).

    Optional columns are None when the source has none of them: `start_ns` int64 (equal to `t_ns` where
    one event has no start), `resource` and `lifecycle` int32 codes (-1 = missing), `cost` float64 (NaN
    = missing) in `currency`. `events` and `cases` hold every other attribute, a row per event or case.
    `source_row` int64 is the 0-based row, or event number, in the source. `time_zone` is the IANA zone
    in which people read the times; `classifier` says what `activity` was made from; `header` keeps what
    the source said of the whole log (XES extensions, globals, classifiers, attributes).
    """

    activity: Codes
    t_ns: Times
    case_start: Times
    activities: tuple[str, ...]
    case_ids: pl.Series
    start_ns: Times | None = None
    resource: Codes | None = None
    resources: tuple[str, ...] = ()
    lifecycle: Codes | None = None
    lifecycles: tuple[str, ...] = ()
    cost: NDArray[np.float64] | None = None
    currency: str = ""
    events: pl.DataFrame = field(default_factory=pl.DataFrame)
    cases: pl.DataFrame = field(default_factory=pl.DataFrame)
    source_row: Times | None = None
    name: str = ""
    time_zone: str = "UTC"
    classifier: str = "concept:name"
    header: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in (self.activity, self.t_ns, self.case_start, self.start_ns, self.resource,
                       self.lifecycle, self.cost, self.source_row):  # fmt: skip
            if column is not None:
                column.flags.writeable = False

    # --- sizes -----------------------------------------------------------------------------------
    @property
    def n_events(self) -> int:
        return int(self.activity.size)

    @property
    def n_cases(self) -> int:
        return int(self.case_start.size - 1)

    def __len__(self) -> int:
        return self.n_events

    def __repr__(self) -> str:
        return (
            f"EventLog({self.name!r}, {self.n_cases:,} cases, {self.n_events:,} events, "
            f"{len(self.activities)} activities)"
        )

    # --- derived columns ---------------------------------------------------------------------------
    def events_per_case(self) -> Times:
        """int64 (n_cases,)."""
        return np.diff(self.case_start)

    def case_of_event(self) -> Codes:
        """Case number of every event: int32 (n_events,)."""
        return np.repeat(np.arange(self.n_cases, dtype=np.int32), self.events_per_case())

    def begin_ns(self) -> Times:
        """When each event began: its start, or its timestamp where no start is known."""
        return self.t_ns if self.start_ns is None else self.start_ns

    def case_begin_ns(self) -> Times:
        """Earliest moment of each case, int64 (n_cases,): the smallest start, else the first timestamp.

        0 for a case without events (a log may hold one: XES allows an empty trace).
        """
        if self.start_ns is None:
            return self._at(self.t_ns, self.case_start[:-1])
        return self._reduce(np.minimum, self.start_ns)

    def case_end_ns(self) -> Times:
        """Last completion of each case, int64 (n_cases,); 0 for a case without events."""
        return self._at(self.t_ns, self.case_start[1:] - 1)

    def cycle_time_s(self) -> NDArray[np.float64]:
        """Case start to case end in seconds: float64 (n_cases,)."""
        return (self.case_end_ns() - self.case_begin_ns()) / NS_PER_S

    def _at(self, column: Times, where: Times) -> Times:
        if self.n_events == 0:
            return np.zeros(self.n_cases, dtype=np.int64)
        return np.where(self.events_per_case() > 0, column[np.clip(where, 0, self.n_events - 1)], 0)

    def _reduce(self, ufunc: np.ufunc, column: Times) -> Times:
        held = self.events_per_case() > 0
        result = np.zeros(self.n_cases, dtype=np.int64)
        if self.n_events:
            result[held] = ufunc.reduceat(column, self.case_start[:-1][held])
        return result

    def traces(self) -> list[tuple[str, ...]]:
        """Activity names of every case, in order. For small logs and tests: it makes Python objects.

        >>> EventLog.from_traces(["ab", "b"]).traces()
        [('a', 'b'), ('b',)]
        """
        names = [self.activities[code] for code in self.activity]
        return [tuple(names[a:b]) for a, b in zip(self.case_start[:-1], self.case_start[1:])]

    # --- new logs from this one ------------------------------------------------------------------
    def select_cases(self, keep: NDArray[np.bool_]) -> EventLog:
        """The log of the cases where `keep`, bool (n_cases,), is true. Vocabularies stay as they are."""
        if keep.shape != (self.n_cases,):
            raise InvalidInput("log.mask", f"The case mask has shape {keep.shape}; expected ({self.n_cases},).")
        rows = np.repeat(keep, self.events_per_case())
        return self._take(np.flatnonzero(rows), np.flatnonzero(keep), self.events_per_case()[keep])

    def select_events(self, keep: NDArray[np.bool_], *, keep_empty_cases: bool = False) -> EventLog:
        """The log of the events where `keep`, bool (n_events,), is true; cases left empty are dropped."""
        if keep.shape != (self.n_events,):
            raise InvalidInput("log.mask", f"The event mask has shape {keep.shape}; expected ({self.n_events},).")
        counts = np.zeros(self.n_cases, dtype=np.int64)
        np.add.at(counts, self.case_of_event()[keep], 1)
        cases = np.arange(self.n_cases) if keep_empty_cases else np.flatnonzero(counts)
        return self._take(np.flatnonzero(keep), cases, counts[cases])

    def rearrange(self, order: Times) -> EventLog:
        """The same cases with their events in `order`, int64 (n_events,), which must keep each within its case."""
        return self._take(order, np.arange(self.n_cases), self.events_per_case())

    def _take(self, rows: Times, cases: Times, counts: Times) -> EventLog:
        def pick(column: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if column is None else column[rows]

        return replace(
            self,
            activity=self.activity[rows],
            t_ns=self.t_ns[rows],
            case_start=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)]),
            case_ids=self.case_ids.gather(cases),
            start_ns=pick(self.start_ns),
            resource=pick(self.resource),
            lifecycle=pick(self.lifecycle),
            cost=pick(self.cost),
            source_row=pick(self.source_row),
            events=self.events[rows] if self.events.width else self.events,
            cases=self.cases[cases] if self.cases.width else self.cases,
        )

    def classify(self, *keys: str) -> EventLog:
        """The log whose activity is made of `keys`, joined by '+', e.g. ("activity", "lifecycle").

        A key is `activity`, `resource`, `lifecycle` or an event attribute. Raises
        InvalidInput(log.column) for another. This is the XES event classifier.
        """
        frame = self.to_frame()
        for key in keys:
            if key not in frame.columns:
                raise InvalidInput.unknown("log.column", "column", key, frame.columns)
        label = frame.select(pl.concat_str([pl.col(k).cast(pl.String).fill_null("") for k in keys], separator="+"))
        codes, names = encode(label.to_series())
        return replace(self, activity=codes, activities=names, classifier="+".join(keys))

    # --- out ---------------------------------------------------------------------------------------
    def to_frame(self) -> pl.DataFrame:
        """One row per event: case_id, activity, timestamp, the optional columns, event attributes.

        Times are `Datetime("ns", time_zone)`. Case attributes are left in `cases`.
        """
        columns: list[pl.Series] = [
            self.case_ids.gather(self.case_of_event()).alias("case_id"),
            decode("activity", self.activity, self.activities),
            self._datetime("timestamp", self.t_ns),
        ]
        if self.start_ns is not None:
            columns.append(self._datetime("start_timestamp", self.start_ns))
        if self.resource is not None:
            columns.append(decode("resource", self.resource, self.resources))
        if self.lifecycle is not None:
            columns.append(decode("lifecycle", self.lifecycle, self.lifecycles))
        if self.cost is not None:
            columns.append(pl.Series("cost", self.cost).fill_nan(None))
        return pl.DataFrame(columns + self.events.get_columns())

    def case_frame(self) -> pl.DataFrame:
        """One row per case: case_id, begin, end, cycle_time_s, n_events, then the case attributes."""
        own = [
            self.case_ids.alias("case_id"),
            self._datetime("begin", self.case_begin_ns()),
            self._datetime("end", self.case_end_ns()),
            pl.Series("cycle_time_s", self.cycle_time_s()),
            pl.Series("n_events", self.events_per_case()),
        ]
        return pl.DataFrame(own + self.cases.get_columns())

    def _datetime(self, name: str, ns: Times) -> pl.Series:
        series = pl.Series(name, ns).cast(pl.Datetime("ns"))
        return series.dt.replace_time_zone("UTC").dt.convert_time_zone(self.time_zone)

    @classmethod
    def from_traces(cls, traces: Iterable[Sequence[str]], *, step_s: int = 60, name: str = "") -> EventLog:
        """A log of activity sequences, one case each; event k of every case happens k * `step_s` after 1970.

        >>> EventLog.from_traces(["ab", "ac"]).activities
        ('a', 'b', 'c')
        """
        rows = [list(trace) for trace in traces]
        codes, names = encode(pl.Series([a for row in rows for a in row], dtype=pl.String))
        sizes = np.array([len(row) for row in rows], dtype=np.int64)
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
        position = np.arange(codes.size, dtype=np.int64) - np.repeat(start[:-1], sizes)
        return cls(
            activity=codes,
            t_ns=position * step_s * NS_PER_S,
            case_start=start,
            activities=names,
            case_ids=pl.Series([str(c + 1) for c in range(len(rows))], dtype=pl.String),
            name=name,
        )


def encode(column: pl.Series) -> tuple[Codes, tuple[str, ...]]:
    """Dictionary-encode a String column: int32 codes in order of first appearance, -1 for null.

    >>> encode(pl.Series(["b", "a", None, "b"]))
    (array([ 0,  1, -1,  0], dtype=int32), ('b', 'a'))
    """
    codes, names = encode_lazily(column)
    return codes, tuple(names.to_list())


def encode_lazily(column: pl.Series) -> tuple[Codes, pl.Series]:
    """As `encode`, but the names stay a String column: for case ids, which are many."""
    import pyarrow as pa

    array = column.cast(pl.String).rechunk().to_arrow()
    coded = array.dictionary_encode()
    indices = coded.indices
    if indices.null_count:
        indices = indices.fill_null(MISSING)
    names = pl.Series(pl.from_arrow(pa.array(coded.dictionary)), dtype=pl.String)
    return np.array(indices.to_numpy(zero_copy_only=False), dtype=np.int32), names


def decode(name: str, codes: Codes, names: Sequence[str]) -> pl.Series:
    """The String column that `codes` stand for; null where the code is -1."""
    lookup = pl.Series([*names, None], dtype=pl.String)
    where = np.where(codes < 0, len(names), codes)
    return lookup.gather(where).alias(name)
