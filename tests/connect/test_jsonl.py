"""JSON Lines: nested fields, lines that are not JSON, files that still grow."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.connect.files import read_file
from hoshin.connect.jsonl import Connector, flat, flat_rows
from hoshin.errors import InvalidInput

values = st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=5)
objects = st.recursive(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), values, max_size=4),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=3), values | inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(objects, max_size=6))
def test_every_value_is_kept_under_its_path(rows: list[dict[str, object]]) -> None:
    frame = flat_rows([json.dumps(r).encode() for r in rows], "x")

    for at, row in enumerate(rows):
        for path, value in flat(row):
            got = frame[path][at]
            assert got == value or got == json.dumps(value) or (value is None and got is None)


def test_a_log_is_read_by_its_extension(tmp_path: Path) -> None:
    path = tmp_path / "tickets.jsonl.gz"
    with gzip.open(path, "wt") as out:
        for i in range(3):
            out.write(json.dumps({"case_id": i, "activity": "a", "timestamp": f"2024-01-0{i + 1}T10:00:00Z"}) + "\n")
    log = read_file(path).log

    assert (log.name, log.n_cases, log.n_events) == ("tickets", 3, 3)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n{"a": \n', encoding="utf-8")

    with pytest.raises(InvalidInput, match="line 2 is not JSON"):
        read_file(path)
    path.write_text("[1]\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 1 is a list"):
        read_file(path)


def test_a_line_still_being_written_waits_for_the_next_pull(tmp_path: Path) -> None:
    path, mapping = tmp_path / "x.jsonl", tmp_path / "m.toml"
    mapping.write_text(
        'format = 1\nname = "t"\nversion = "1"\n[columns]\ncase_id = "c"\nactivity = "a"\ntimestamp = "t"\n'
    )
    line = json.dumps({"c": 1, "a": "x", "t": "2024-01-01"})
    path.write_text(line + "\n" + line[:9], encoding="utf-8")
    source = Connector(path=str(path), mapping=str(mapping))

    (first,) = source.batches()
    path.write_text(line + "\n" + line + "\n", encoding="utf-8")
    (second,) = source.batches(first.state)

    assert pl.concat([first.frame, second.frame]).height == 2
    assert second.frame["source_row"].to_list() == [1]
