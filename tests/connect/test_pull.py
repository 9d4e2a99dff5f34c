"""Pulls: the version is that of all rows at once, rows set aside are held, repaired, released, and stay so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.connect._canonical import KEY
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._once import once
from hoshin.connect._pull import pull
from hoshin.connect._stage import Stage
from hoshin.errors import Conflict
from hoshin.log.build import build_log
from hoshin.service import connect, log, quarantine
from hoshin.service._workspace import Workspace
from hoshin.store.logs import LogStore
from hoshin.store.quarantine import Quarantine

FRAMES: list[pl.DataFrame] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A source of the frames in FRAMES."""

    mode: Literal["append", "snapshot"] = "append"

    def about(self) -> About:
        return About("a list")

    def batches(self, state: State | None = None) -> Iterator[Batch]:
        first = state["n"] if state else 0
        for n in range(first, len(FRAMES)):
            yield Batch(FRAMES[n], {"n": n + 1})


def rows_frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    schema = {"case_id": pl.String, "activity": pl.String, "minute": pl.Int64, KEY: pl.String, "size": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    at = pl.lit(datetime(2026, 1, 1, tzinfo=UTC)).cast(pl.Datetime("us", "UTC"))
    return frame.with_columns(timestamp=at + pl.col("minute") * timedelta(minutes=1)).drop("minute")


ROW = st.tuples(
    st.sampled_from(["1", "2", "", None]), st.sampled_from(["a", "b", None]), st.one_of(st.none(), st.integers(0, 5)),
    st.sampled_from(["k1", "k2", "k3", None]), st.sampled_from([1, 2, None]),
)  # fmt: skip


def all_at_once(frames: list[pl.DataFrame], mode: str = "append") -> tuple[Any, int]:
    """What pulling must give, in memory, the slow way."""
    rows = pl.concat(frames, how="diagonal_relaxed").with_row_index("source_row")
    last: dict[str, int] = {key: n for n, key in enumerate(rows[KEY]) if key is not None}
    kept = [n for n, key in enumerate(rows[KEY]) if key is None or last[key] == n]
    built = build_log(rows[kept].with_columns(pl.col("source_row").cast(pl.Int64)))
    return built, rows.height - len(kept)


@given(pulls=st.lists(st.lists(st.lists(ROW, min_size=1, max_size=6), min_size=1, max_size=3), min_size=1, max_size=3))
def test_any_pulls_give_the_log_of_all_rows_at_once(
    tmp_path_factory: pytest.TempPathFactory, pulls: list[list[list[Any]]]
) -> None:
    root = tmp_path_factory.mktemp("pull")
    store, aside = LogStore(root / "logs"), Quarantine(root / "quarantine")
    FRAMES.clear()
    for batches in pulls:
        FRAMES.extend(rows_frame(rows) for rows in batches)
        done = pull(Listed(), "log", store=store, quarantine=aside, folder=root / "pulls", kind="listed")
        built, repeated = all_at_once(FRAMES)

        assert (done.events, done.held, done.repeated) == (built.log.n_events, built.rejected.height, repeated)
        assert done.staged == sum(f.height for f in FRAMES) == done.repeated + done.held + done.events
        held = aside.batch("log", done.batch).held() if done.batch else built.rejected
        assert held["source_row"].to_list() == built.rejected["source_row"].to_list()
        assert held["reason"].to_list() == built.rejected["reason"].to_list()
        if built.log.n_events:
            assert done.stored.version == LogStore(root / "other").write(built.log, "log").version


@given(keys=st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=9), max_size=4),
       together=st.integers(1, 5))  # fmt: skip
def test_the_last_of_a_key_holds(
    tmp_path_factory: pytest.TempPathFactory, keys: list[list[str | None]], together: int
) -> None:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    for part in keys:
        stage.add(pl.DataFrame({KEY: pl.Series(part, dtype=pl.String)}), run=1, state=None)
    keep = once(stage, stage.held(), together=together)
    flat = [key for part in keys for key in part]

    wanted = [key is None or key not in flat[n + 1 :] for n, key in enumerate(flat)]
    assert (np.ones(0, dtype=bool) if keep is None else keep).tolist() == wanted


MAPPING = """\
format = 1
name = "steps"
version = "1"
[columns]
case_id = "case"
activity = "step"
timestamp = "at"
"""


def lines(path: Path, *rows: tuple[str, str, str]) -> None:
    with path.open("a", encoding="utf-8") as out:
        for case, step, at in rows:
            out.write(json.dumps({"case": case, "step": step, "at": at}) + "\n")


@pytest.fixture
def source(ws: Workspace) -> list[str]:
    (ws.root / "steps.toml").write_text(MAPPING, encoding="utf-8")
    file = ws.root / "steps.jsonl"
    lines(file, ("1", "a", "2026-01-01T09:00:00Z"), ("1", "b", "yesterday"), ("", "b", "2026-01-01T10:00:00Z"))
    return [f"path={file}", f"mapping={ws.root / 'steps.toml'}"]


def test_pulled_rows_are_held_repaired_and_released_and_later_pulls_keep_that(ws: Workspace, source: list[str]) -> None:
    done = connect.pull(ws, "jsonl", "steps", set_=source)
    assert (done["events"], done["quarantined"]) == (1, 2)
    held = quarantine.show(ws, "steps")
    assert [(r["source_row"], r["timestamp"], r["reason"]) for r in held if r["case_id"]] == [
        (1, "yesterday", "no timestamp that can be read")
    ], "the text of the source, for who repairs it"
    assert quarantine.list_(ws)[0]["reconciles"]

    quarantine.repair(ws, "steps", set_=["timestamp = '2026-01-01T09:00:00Z'"], where="source_row = 1")
    assert quarantine.release(ws, "steps")["reconciles"]
    assert ws.log("steps").traces() == [("a", "b")]

    lines(ws.root / "steps.jsonl", ("2", "c", "2026-01-02T09:00:00Z"), ("2", "d", "soon"))
    again = connect.pull(ws, "jsonl", "steps")

    assert (again["events"], again["released"], again["quarantined"]) == (3, 1, 2)
    assert ws.log("steps").traces() == [("a", "b"), ("c",)], "of two events at one time the first row comes first"
    current = [b for b in quarantine.list_(ws) if b["in_use"]]
    assert [(b["held"], b["released"], b["reconciles"]) for b in current] == [(2, 1, True)]
    assert log.lineage(ws, "steps", "2")[0]["row"] == 3

    unchanged = connect.pull(ws, "jsonl", "steps")
    assert unchanged["version"] == again["version"]
    assert unchanged["quarantine"] == again["quarantine"], "nothing new, so no new batch"


def test_a_repair_waits_for_its_release_over_later_pulls(ws: Workspace, source: list[str]) -> None:
    connect.pull(ws, "jsonl", "steps", set_=source)
    quarantine.repair(ws, "steps", set_=["case_id = '7'"], where="source_row = 2")
    lines(ws.root / "steps.jsonl", ("2", "c", "2026-01-02T09:00:00Z"))
    done = connect.pull(ws, "jsonl", "steps")

    assert (done["events"], done["quarantined"]) == (2, 2)
    assert quarantine.release(ws, "steps")["accepted_rows"] == 3
    assert sorted(ws.log("steps").case_ids) == ["1", "2", "7"]


def test_files_appended_to_a_pulled_log_are_not_left_out_by_the_next_pull(ws: Workspace, source: list[str]) -> None:
    connect.pull(ws, "jsonl", "steps", set_=source)
    (ws.root / "more.csv").write_text("case_id,activity,timestamp\n9,z,2026-02-01\n", encoding="utf-8")
    log.append(ws, "steps", ws.root / "more.csv")
    with pytest.raises(Conflict) as caught:
        connect.pull(ws, "jsonl", "steps")

    assert caught.value.code == "connect.appended"
    assert "more.csv" in caught.value.message
    assert ws.log("steps").n_events == 2
    assert connect.pull(ws, "jsonl", "steps", restart=True)["events"] == 1
