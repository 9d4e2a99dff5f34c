"""Read many moments at once, those without a zone by one stated policy, and say afterwards what was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from hoshin.connect._times import parse_time
from hoshin.errors import InvalidInput
from hoshin.kernels.dates import parse_dates
from hoshin.log.build import to_utc
from hoshin.log.eventlog import Times
from hoshin.units import NS_PER_S

Form = NDArray[np.int8]

# A wall clock shows the Unix epoch as a moment of 1 January 1970, or of the evening before, whatever its zone.
EPOCH_SHADOW_NS = 14 * 3_600 * NS_PER_S


@dataclass(slots=True)
class Clock:
    """Reads times of the file `path`: one without a zone is a wall-clock time in `time_zone` (UTC if not given).

    Counts what it saw, so that the reader can be told: `zoned`, `naive`, and `skipped` wall-clock times that the
    zone does not have.
    """

    path: Path
    time_zone: str | None = None
    zoned: int = 0
    naive: int = 0
    skipped: int = 0
    first_naive: str = field(default="")

    @property
    def zone(self) -> str:
        return self.time_zone or "UTC"

    def to_ns(self, text: pl.Series) -> pl.Series:
        """UTC nanoseconds (Int64) of a String column, null where it holds no moment."""
        form, ns = _parse(text)
        return self._local(text, form, ns)

    def since_ns(self, text: pl.Series) -> pl.Series:
        """As `to_ns`, for times since when a value holds: one without a zone within 14 hours of the Unix epoch is
        the epoch, which stands for "from the start" and says nothing of the zone of other times."""
        form, ns = _parse(text)
        start = (form > 0) & (np.abs(ns) <= np.where(form == 2, EPOCH_SHADOW_NS, 0))
        ns[start] = 0
        return self._local(text, np.where(start, 3, form), ns)

    def _local(self, text: pl.Series, form: Form, ns: Times) -> pl.Series:
        self.zoned += int((form == 1).sum())
        naive = form == 2
        found = pl.Series(ns)
        if naive.any():
            self.naive += int(naive.sum())
            self.first_naive = self.first_naive or str(text[int(np.flatnonzero(naive)[0])])
            if self.zone != "UTC":
                local = to_utc(found.cast(pl.Datetime("ns")), self.zone).to_physical()
                self.skipped += int((local.is_null() & pl.Series(naive)).sum())
                found = local.zip_with(pl.Series(naive), found)
        return found.set(pl.Series(form == 0), None)

    def notes(self) -> list[str]:
        """What was assumed, for a reader. InvalidInput(ocel.mixed_zones) if the file has times with and without a
        zone and nobody said what the latter are."""
        if not self.naive:
            return []
        if self.zoned and self.time_zone is None:
            raise InvalidInput(
                "ocel.mixed_zones",
                f"{self.path} has {self.zoned:,} times with a zone and {self.naive:,} without, "
                f"the first {self.first_naive!r}.",
                hint="Say in which zone the others are, e.g. --time-zone Europe/Rome, or --time-zone UTC.",
            )
        how = "as --time-zone says" if self.time_zone else "say --time-zone if they are local times"
        lost = f"; {self.skipped} of them do not exist there" if self.skipped else ""
        what = f"{self.naive:,} times without a zone, the first {self.first_naive!r},"
        return [f"{what} were read as {self.zone} ({how}){lost}"]


def check_zone(time_zone: str | None) -> None:
    """InvalidInput(time.zone) unless `time_zone` is None or an IANA zone."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(time_zone or "UTC")
    except (KeyError, ValueError, OSError):
        raise InvalidInput(
            "time.zone", f"{time_zone!r} is no time zone.", hint="Use an IANA name, e.g. Europe/Rome."
        ) from None


def _parse(text: pl.Series) -> tuple[Form, Times]:
    """(form, ns): form 1 zoned, 2 wall clock, 0 none. The plain form in a kernel, the rest one by one."""
    array = text.cast(pl.String).fill_null("").rechunk().to_arrow().cast(pa.large_string())
    form, ns = np.zeros(len(text), np.int8), np.zeros(len(text), np.int64)
    if not len(text):
        return form, ns
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64, count=array.offset + len(text) + 1)[array.offset :]
    body = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    parse_dates(body, ends, form, ns)
    for k in np.flatnonzero((form == 0) & (np.diff(ends) > 0)):
        moment = parse_time(str(text[int(k)]))
        if moment is not None:
            form[k], ns[k] = (2 if moment[1] is None else 1), moment[0]
    return form, ns
