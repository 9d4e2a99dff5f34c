"""Where a pull keeps what it has: Arrow files, each with the state to resume from after it.

    <folder>/batch-00000007.arrow     rows and, in its metadata, {"run", "state", "done"}
    <folder>/all-00000006.arrow       batches 1 to 6 as one, once a run was done
    <folder>/settings.json            the connector and its settings, secrets as references

Rows and state are one file that is written beside its place, flushed and moved in, so after a crash
(kill -9, power) either both are there or neither: nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from hoshin.connect._connector import State
from hoshin.errors import Conflict, Corrupt
from hoshin.log.build import as_text

META = b"hoshin.pull"


@dataclass(frozen=True, slots=True)
class Held:
    """One file of a stage: its number, the run it belongs to, the state after it, whether it ended the run, its
    rows, and the columns they have."""

    path: Path
    number: int
    run: int
    state: State | None
    done: bool
    rows: int
    empty: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Stage:
    """The files below `folder`."""

    folder: Path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the stage for one process; Conflict(connect.busy) while another holds it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as handle:
            try:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except ModuleNotFoundError:  # no flock on this system
                pass
            except OSError:
                raise Conflict(
                    "connect.busy", f"Another pull of {self.folder.name!r} is running.", hint="Wait for it to end."
                ) from None
            yield

    def held(self) -> list[Held]:
        """Files in order: the newest compacted one, then the batches after it."""
        found = sorted((self._number(p), p) for p in self.folder.glob("*-*.arrow"))
        base = max((n for n, p in found if p.name.startswith("all-")), default=0)
        keep = [(n, p) for n, p in found if n > base or (n == base and p.name.startswith("all-"))]
        return [self._open(n, p) for n, p in keep]

    def add(self, frame: pl.DataFrame, *, run: int, state: State | None, done: bool = False) -> Path:
        """Write one batch and its state, both or neither."""
        number = max((self._number(p) for p in self.folder.glob("*-*.arrow")), default=0) + 1
        path = self.folder / f"batch-{number:08d}.arrow"
        self._write(path, frame.clear(), [frame], {"run": run, "state": state, "done": done})
        return path

    @staticmethod
    def _write(path: Path, empty: pl.DataFrame, frames: Iterable[pl.DataFrame], meta: dict[str, Any]) -> None:
        schema = empty.to_arrow().schema.with_metadata({META: json.dumps(meta, ensure_ascii=False).encode()})
        scratch = path.with_suffix(".writing")
        with scratch.open("wb") as file:
            with pa.ipc.new_file(file, schema) as writer:
                for frame in frames:
                    if frame.height:
                        writer.write_table(frame.to_arrow().replace_schema_metadata(schema.metadata))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)

    def frames(self, held: list[Held]) -> Iterator[pl.DataFrame]:
        """The rows of `held` in order, a batch at a time, each with all columns of `kinds`."""
        kinds = self.kinds(held)
        for entry in held:
            with pa.memory_map(str(entry.path)) as file:
                reader = pa.ipc.open_file(file)
                for at in range(reader.num_record_batches):
                    frame = pl.from_arrow(pa.Table.from_batches([reader.get_batch(at)]))
                    assert isinstance(frame, pl.DataFrame)
                    yield _fitted(frame, kinds)

    def kinds(self, held: list[Held]) -> dict[str, pl.DataType]:
        """The columns of all rows of `held`: of the widest type they have anywhere, nested ones and nulls as text."""
        frames = [h.empty for h in held if h.empty.width]
        schema = pl.concat(frames, how="diagonal_relaxed").schema if frames else pl.Schema()
        return {n: pl.String() if k.is_nested() or k == pl.Null else k for n, k in schema.items()}

    def compact(self, held: list[Held]) -> None:
        """Make `held`, which ends in a done batch, one file, a batch at a time."""
        last = held[-1]
        if len(held) > 1:
            meta = {"run": last.run, "state": last.state, "done": True}
            empty = pl.DataFrame(schema=self.kinds(held))
            self._write(self.folder / f"all-{last.number:08d}.arrow", empty, self.frames(held), meta)
        for path in self.folder.glob("batch-*.arrow"):
            if self._number(path) <= last.number and len(held) > 1:
                path.unlink()
        for path in self.folder.glob("all-*.arrow"):
            if self._number(path) < last.number:
                path.unlink()
        for old in self.folder.glob("*.writing"):
            old.unlink()

    def drop(self, held: list[Held]) -> None:
        for entry in held:
            entry.path.unlink(missing_ok=True)

    def settings(self) -> dict[str, Any] | None:
        path = self.folder / "settings.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def remember(self, settings: dict[str, Any]) -> None:
        path = self.folder / "settings.json"
        scratch = path.with_suffix(".writing")
        scratch.write_text(json.dumps(settings, indent=2, ensure_ascii=False), encoding="utf-8")
        scratch.replace(path)

    @staticmethod
    def _number(path: Path) -> int:
        return int(path.stem.rpartition("-")[2])

    def _open(self, number: int, path: Path) -> Held:
        try:
            with pa.memory_map(str(path)) as file:
                reader = pa.ipc.open_file(file)
                meta = json.loads((reader.schema.metadata or {})[META])
                rows = sum(reader.get_batch(at).num_rows for at in range(reader.num_record_batches))
                empty = pl.from_arrow(reader.schema.empty_table())
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            raise Corrupt(
                "connect.stage", f"{path} cannot be read: {error}", hint="Pull again with --restart."
            ) from error
        assert isinstance(empty, pl.DataFrame)
        return Held(path, number, meta["run"], meta["state"], meta["done"], rows, empty)


def _fitted(frame: pl.DataFrame, kinds: Mapping[str, pl.DataType]) -> pl.DataFrame:
    nested = [c for c, kind in frame.schema.items() if kind.is_nested()]
    frame = frame.with_columns(as_text(frame.select(nested)).get_columns()) if nested else frame
    return frame.select(
        (pl.col(n) if n in frame.columns else pl.lit(None)).cast(kind).alias(n) for n, kind in kinds.items()
    )
