"""Stored logs: immutable, content-hashed versions as memory-mapped Arrow files.

logs/<name>/<version>/{events,cases}.arrow, meta.json
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from hoshin.errors import Corrupt
from hoshin.log.eventlog import EventLog
from hoshin.store.content import hash_content
from hoshin.store.versions import Stored, Versions, check_name

FORMAT = 1


@dataclass(frozen=True, slots=True)
class LogStore(Versions):
    """The event logs below `root`."""

    def write(self, log: EventLog, name: str, *, source: dict[str, Any] | None = None) -> Stored:
        """Store `log` as the current version of `name`. The same content again is the same version; only what
        is said of its source becomes that of this call."""
        check_name(name)
        events, cases, meta = _frames(log)
        version = hash_content(events, cases, meta)
        meta |= {"n_cases": log.n_cases, "n_events": log.n_events}
        with self._scratch(name) as scratch:
            if not (self.root / name / version).exists():
                events.write_ipc(scratch / "events.arrow", compression="uncompressed")
                cases.write_ipc(scratch / "cases.arrow", compression="uncompressed")
            return self._settle(name, version, scratch, meta, source)

    def adopt(self, name: str, folder: Path, meta: dict[str, Any], *, source: dict[str, Any] | None = None) -> Stored:
        """Store the log whose `events.arrow` and `cases.arrow` lie in `folder` (on the same disk), by moving
        them; `meta` is of `describe`. For logs that were never in memory as a whole."""
        check_name(name)
        events, cases = _mapped(folder / "events.arrow"), _mapped(folder / "cases.arrow")
        version = hash_content(events, cases, meta)
        whole = meta | {"n_cases": cases.height, "n_events": events.height}
        (self.root / name).mkdir(parents=True, exist_ok=True)
        return self._settle(name, version, folder, whole, source)

    def read(self, name: str) -> EventLog:
        """The log `name` or `name@version`, its columns memory-mapped. Corrupt(log.corrupt) if a file is damaged."""
        stored = self.stored(name)
        place = self.root / stored.name / stored.version
        try:
            return _log(_mapped(place / "events.arrow"), _mapped(place / "cases.arrow"), stored)
        except (pa.ArrowException, pl.exceptions.PolarsError, OSError, KeyError) as error:
            raise Corrupt(
                "log.corrupt",
                f"Log {name!r} cannot be read from {place}: {error}",
                hint="Import it again from its source.",
            ) from error

    def verify(self, name: str) -> Stored:
        """Hash the stored columns of `name` again; Corrupt(log.hash) if they are not what the version says."""
        stored, log = self.stored(name), self.read(name)
        found = hash_content(*_frames(log))
        if found != stored.version:
            raise Corrupt(
                "log.hash",
                f"The content of {stored.name}@{stored.version} hashes to {found}: it was changed after it was stored.",
                hint="Use another version (hoshin log versions), or import it again from its source.",
            )
        return stored


def _mapped(path: Path) -> pl.DataFrame:
    """A frame whose numeric columns are the mapped file itself."""
    with pa.memory_map(str(path)) as source:
        frame = pl.from_arrow(pa.ipc.open_file(source).read_all())
    assert isinstance(frame, pl.DataFrame)
    return frame


_EVENT = ("activity", "t_ns", "start_ns", "resource", "lifecycle", "cost", "source_row")


def describe(
    *,
    activities: Sequence[str],
    resources: Sequence[str] = (),
    lifecycles: Sequence[str] = (),
    currency: str = "",
    time_zone: str = "UTC",
    classifier: str = "concept:name",
    header: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The part of `meta.json` that is content: it is hashed with the columns."""
    return {
        "format": FORMAT,
        "activities": list(activities),
        "resources": list(resources),
        "lifecycles": list(lifecycles),
        "currency": currency,
        "time_zone": time_zone,
        "classifier": classifier,
        "header": dict(header or {}),
    }


def _frames(log: EventLog) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    own = {c: getattr(log, c) for c in _EVENT if getattr(log, c) is not None}
    events = pl.DataFrame({f"#{k}": v for k, v in own.items()})
    if log.events.width:
        events = events.hstack(log.events)
    cases = pl.DataFrame({"#case_id": log.case_ids, "#first": log.case_start[:-1]})
    if log.cases.width:
        cases = cases.hstack(log.cases)
    meta = describe(
        activities=log.activities,
        resources=log.resources,
        lifecycles=log.lifecycles,
        currency=log.currency,
        time_zone=log.time_zone,
        classifier=log.classifier,
        header=log.header,
    )
    return events, cases, meta


def _log(events: pl.DataFrame, cases: pl.DataFrame, stored: Stored) -> EventLog:
    def column(which: str) -> Any:
        return events[f"#{which}"].to_numpy() if f"#{which}" in events.columns else None

    meta = stored.meta
    return EventLog(
        **{c: column(c) for c in _EVENT},
        case_start=np.append(cases["#first"].to_numpy(), events.height).astype(np.int64),
        case_ids=cases["#case_id"],
        activities=tuple(meta["activities"]),
        resources=tuple(meta["resources"]),
        lifecycles=tuple(meta["lifecycles"]),
        currency=meta["currency"],
        time_zone=meta["time_zone"],
        classifier=meta["classifier"],
        header=meta["header"],
        events=events.select([c for c in events.columns if not c.startswith("#")]),
        cases=cases.select([c for c in cases.columns if not c.startswith("#")]),
        name=stored.name,
    )
