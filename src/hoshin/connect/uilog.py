"""UI and RPA logs: what users did in their applications, cut into tasks where there is no case id.

Recorders write rows late and out of order, so actions are put in the order of time first. An action without a
user (the clipboard) belongs to the user of the action before it. See `_segment` for how tasks are cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from hoshin.connect._canonical import Canonical, to_canonical, with_optional
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._mapping import Mapping, load_mapping
from hoshin.connect._segment import choose_end, label_of, rank, tasks
from hoshin.connect._tables import read_table
from hoshin.errors import InvalidInput

TEXTS = ("element", "element_name", "element_text", "sheet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """The table of actions in the file `path`, read through `mapping` (a shipped one, or a file for another recorder).

    A mapping whose case_id is a column is taken at its word. With a constant there, a case is a task of a
    user: it ends with one of the actions `ends` ("clickButton Submit", comma between several), found by itself
    if that is empty, and after `idle_s` seconds without an action (0: never). `activity`: "element" says what was
    done to what, "event" only what. `time_zone`: of times without an offset. `batch_cases`: tasks at a time.
    """

    path: str
    mapping: str = "uilog"
    ends: tuple[str, ...] = ()
    idle_s: float = 0.0
    activity: Literal["element", "event"] = "element"
    time_zone: str = ""
    batch_cases: int = 1_000

    @property
    def mode(self) -> Literal["append", "snapshot"]:
        return "snapshot"

    def about(self) -> About:
        mapping = self._mapping()
        return About(self.path, mapping.style.time_zone, mapping.currency, mapping.described())

    def batches(self, state: State | None = None) -> Iterator[Batch]:
        """Canonical rows, whole tasks at a time. InvalidInput(connect.no_tasks) if no action seems to end one."""
        made, done = self._read(), int((state or {}).get("cases", 0))
        frame = made.frame
        cases = frame["case_id"].unique(maintain_order=True)
        unread = made.unread
        for at in range(done, len(cases), self.batch_cases):
            part = cases.slice(at, self.batch_cases)
            yield Batch(frame.filter(pl.col("case_id").is_in(part.implode())), {"cases": at + len(part)}, unread)
            unread = ()

    def _mapping(self) -> Mapping:
        return load_mapping(self.mapping, time_zone=self.time_zone)

    def _read(self) -> Canonical:
        mapping = self._mapping()
        made = to_canonical(with_optional(read_table(self.path), mapping), mapping, where=self.path)
        frame = made.frame.sort("timestamp", nulls_last=True, maintain_order=True)
        absent = [pl.lit(None, dtype=pl.String).alias(n) for n in ("resource", *TEXTS) if n not in frame.columns]
        frame = frame.with_columns(absent).with_columns(pl.col("resource").forward_fill().backward_fill())
        texts = frame.select(pl.col("activity", *TEXTS).cast(pl.String).fill_null(""))
        rows = list(texts.iter_rows())
        shown = [label_of(event, element, name, text, sheet) for event, element, name, text, sheet in rows]
        frame = frame.with_columns(
            label=pl.Series(shown, dtype=pl.String),
            rank=pl.Series([rank(r[0], r[3]) for r in rows], dtype=pl.Int64),
        )
        case = next(c for e in mapping.events for c in e.columns if c.term == "case_id")
        if case.constant is not None:
            parts = frame.partition_by("resource", maintain_order=True)
            frame = pl.concat([self._cut(part) for part in parts]) if parts else frame
        if self.activity == "element":
            frame = frame.with_columns(activity="label")
        return Canonical(frame.drop("label", "rank"), made.unread)

    def _cut(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The actions of one user, `case_id` being the user and the number of the task from 1."""
        labels, user = frame["label"].to_list(), frame["resource"][0] or "user"
        # Rows whose time could not be read come last and are rejected later; any time will do for them.
        times = (frame["timestamp"].dt.epoch("us") / 1e6).forward_fill().fill_null(0.0).to_list()
        ends = set(self.ends)
        if not ends:
            found = choose_end(labels, frame["rank"].to_list(), times)
            ends = {found} if found else set()
        if self.ends and not ends & set(labels):
            raise InvalidInput.unknown("connect.no_such_end", f"action of {user}", self.ends[0], sorted(set(labels)))
        if not ends and not self.idle_s:
            raise InvalidInput(
                "connect.no_tasks",
                f"No action of {user!r} in {self.path} recurs as the end of a task would ({len(labels)} actions).",
                hint="Name it, --set 'ends=clickButton Save', or cut at pauses, --set idle_s=300.",
            )
        numbers = tasks(labels, ends, times, self.idle_s)
        return frame.with_columns(case_id=pl.Series([f"{user}-{n + 1:04d}" for n in numbers], dtype=pl.String))
