"""Stored logs: immutable, content-hashed versions as memory-mapped Arrow files.

    logs/<name>/<version>/{events,cases}.arrow, meta.json
    logs/<name>/current          the version a bare name means

`version` is the first 12 hex digits of the SHA-256 over the log's content, so importing the same
content twice is one version. A version is written beside its place and moved in, so a crash leaves
either all of it or nothing.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from hoshin.errors import Corrupt, InvalidInput, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.store.content import hash_content

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a stored log without opening its columns."""

    name: str
    version: str
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogStore:
    """The logs below `root`."""

    root: Path

    def names(self) -> list[str]:
        return sorted(p.parent.name for p in self.root.glob("*/current"))

    def versions(self, name: str) -> list[str]:
        """Versions of `name`, oldest first."""
        self.stored(name)
        metas = sorted((self.root / name).glob("*/meta.json"), key=lambda p: p.stat().st_mtime_ns)
        return [p.parent.name for p in metas]

    def stored(self, name: str) -> Stored:
        """Meta of `name` or `name@version`; NotFound(log.none) names the nearest."""
        bare, _, version = name.partition("@")
        if bare not in self.names():
            raise NotFound.unknown("log.none", "log", bare, self.names())
        folder = self.root / bare
        version = version or (folder / "current").read_text(encoding="utf-8").strip()
        if not (folder / version / "meta.json").is_file():
            raise NotFound.unknown(
                "log.version", "version", version, [p.parent.name for p in folder.glob("*/meta.json")]
            )
        return Stored(bare, version, json.loads((folder / version / "meta.json").read_text(encoding="utf-8")))

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

    @contextmanager
    def _scratch(self, name: str) -> Iterator[Path]:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _settle(
        self, name: str, version: str, scratch: Path, meta: dict[str, Any], source: dict[str, Any] | None
    ) -> Stored:
        """Move a written folder to its place, or only renew what is said of the source of one that is there."""
        folder = self.root / name
        place = folder / version
        meta |= {"source": source or {}, "stored_at": datetime.now(UTC).isoformat(timespec="seconds")}
        text = json.dumps(meta, ensure_ascii=False)
        if not place.exists():
            (scratch / "meta.json").write_text(text, encoding="utf-8")
            scratch.rename(place)
        elif source is not None:
            about = place / ".meta.json"
            about.write_text(text, encoding="utf-8")
            about.replace(place / "meta.json")
        pointer = folder / ".current"
        pointer.write_text(version + "\n", encoding="utf-8")
        pointer.replace(folder / "current")
        return Stored(name, version, meta)

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


def check_name(name: str) -> None:
    """InvalidInput(log.name) unless `name` can name a log (and its folder)."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise InvalidInput(
            "log.name",
            f"{name!r} cannot name a log.",
            hint="Use letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit.",
        )


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
