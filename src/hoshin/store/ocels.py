"""Stored object-centric logs: immutable, content-hashed versions as Parquet files.

    ocels/<name>/<version>/{events,objects,e2o,o2o,event_values,object_values,rejected}.parquet, meta.json

Reading hashes the content again: a log that was changed after it was stored is refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from hoshin.errors import Corrupt
from hoshin.log.ocel import Declared, Links, Ocel
from hoshin.log.ocel_build import REJECTED
from hoshin.store.content import hash_content
from hoshin.store.versions import Stored, Versions, check_name

FORMAT = 1
FRAMES = ("events", "objects", "e2o", "o2o", "event_values", "object_values")
TUPLES = ("event_types", "object_types", "qualifiers", "attributes")


@dataclass(frozen=True, slots=True)
class OcelStore(Versions):
    """The object-centric logs below `root`."""

    what: ClassVar[str] = "object-centric log"

    def write(
        self, ocel: Ocel, name: str, *, rejected: pl.DataFrame | None = None, source: dict[str, Any] | None = None
    ) -> Stored:
        """Store `ocel` as the current version of `name`, with what its import set aside."""
        check_name(name)
        frames, meta = _frames(ocel), _meta(ocel)
        version = _version(frames, meta)
        meta |= {"n_events": ocel.n_events, "n_objects": ocel.n_objects, "n_e2o": len(ocel.e2o), "n_o2o": len(ocel.o2o)}
        aside = pl.DataFrame(schema=REJECTED) if rejected is None else rejected
        with self._scratch(name) as scratch:
            for key, frame in frames.items():
                frame.write_parquet(scratch / f"{key}.parquet")
            aside.write_parquet(scratch / "rejected.parquet")
            stored = self._settle(name, version, scratch, meta, source)
            if (scratch / "rejected.parquet").exists():
                (scratch / "rejected.parquet").replace(self.root / name / version / "rejected.parquet")
        return stored

    def read(self, name: str) -> Ocel:
        """The log `name` or `name@version`. Corrupt(ocel.corrupt) if a file is damaged, Corrupt(ocel.hash) if its
        content is not what the version says."""
        stored = self.stored(name)
        try:
            frames = {key: self._frame(stored, key) for key in FRAMES}
            ocel = _ocel(frames, stored)
        except (pl.exceptions.PolarsError, OSError, KeyError, ValueError) as error:
            raise Corrupt(
                "ocel.corrupt",
                f"Object-centric log {name!r} cannot be read: {error}",
                hint="Import it again from its source.",
            ) from error
        found = _version(frames, _meta(ocel))
        if found != stored.version:
            raise Corrupt(
                "ocel.hash",
                f"The content of {stored.name}@{stored.version} hashes to {found}: it was changed after it was stored.",
                hint="Import it again from its source.",
            )
        return ocel

    def rejected(self, name: str) -> pl.DataFrame:
        """What the import of that version set aside."""
        return self._frame(self.stored(name), "rejected")

    def _frame(self, stored: Stored, key: str) -> pl.DataFrame:
        return pl.read_parquet(self.root / stored.name / stored.version / f"{key}.parquet")


def _version(frames: dict[str, pl.DataFrame], meta: dict[str, Any]) -> str:
    digests = [hash_content(frame, pl.DataFrame(), meta) for frame in frames.values()]
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:12]


def _frames(ocel: Ocel) -> dict[str, pl.DataFrame]:
    def links(found: Links) -> pl.DataFrame:
        return pl.DataFrame({"source": found.source, "target": found.target, "qualifier": found.qualifier})

    return {
        "events": pl.DataFrame({"id": ocel.event_ids, "type": ocel.event_type, "t_ns": ocel.t_ns}),
        "objects": pl.DataFrame({"id": ocel.object_ids, "type": ocel.object_type}),
        "e2o": links(ocel.e2o),
        "o2o": links(ocel.o2o),
        "event_values": ocel.event_values,
        "object_values": ocel.object_values,
    }


def _meta(ocel: Ocel) -> dict[str, Any]:
    return {
        "format": FORMAT,
        **{key: list(getattr(ocel, key)) for key in TUPLES},
        "event_kinds": [[d.of, d.attribute, d.kind] for d in ocel.event_kinds],
        "object_kinds": [[d.of, d.attribute, d.kind] for d in ocel.object_kinds],
        "time_zone": ocel.time_zone,
    }


def _ocel(frames: dict[str, pl.DataFrame], stored: Stored) -> Ocel:
    def column(frame: str, name: str, kind: type[np.generic]) -> Any:
        return np.array(frames[frame][name].to_numpy(), dtype=kind)

    def links(frame: str) -> Links:
        return Links(*(column(frame, c, np.int32) for c in ("source", "target", "qualifier")))

    meta = stored.meta
    return Ocel(
        event_ids=frames["events"]["id"].alias("event_id"),
        event_type=column("events", "type", np.int32),
        t_ns=column("events", "t_ns", np.int64),
        object_ids=frames["objects"]["id"].alias("object_id"),
        object_type=column("objects", "type", np.int32),
        e2o=links("e2o"),
        o2o=links("o2o"),
        **{key: tuple(meta[key]) for key in TUPLES},
        event_values=frames["event_values"],
        object_values=frames["object_values"],
        event_kinds=tuple(Declared(*d) for d in meta["event_kinds"]),
        object_kinds=tuple(Declared(*d) for d in meta["object_kinds"]),
        name=stored.name,
        time_zone=meta["time_zone"],
    )
