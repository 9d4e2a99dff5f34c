"""Importing piece by piece gives the log that importing at once gives, version and all."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.connect import bulk, parquet
from hoshin.connect.bulk import import_parquet
from hoshin.errors import InvalidInput
from hoshin.store.logs import LogStore

rows = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "30", "", None]), st.sampled_from(["a", "b", "c", None]),
        st.one_of(st.none(), st.integers(0, 60)), st.one_of(st.none(), st.integers(0, 60)),
        st.sampled_from(["ann", "bo", None]), st.sampled_from([None, 1.5, 2.0]),
        st.sampled_from(["x", "y", None]), st.sampled_from([1, 2, None]), st.sampled_from([True, False, None]),
        st.sampled_from([date(2024, 1, 1), None]),
    ), min_size=1, max_size=25,
)  # fmt: skip
SCHEMA = {
    "case_id": pl.String, "activity": pl.String, "t": pl.Int64, "s": pl.Int64, "resource": pl.String,
    "cost": pl.Float64, "colour": pl.String, "size": pl.Int16, "flag": pl.Boolean, "day": pl.Date,
}  # fmt: skip
COLUMNS = {"case_id": "case_id", "activity": "activity", "timestamp": "timestamp", "start_timestamp": "start_timestamp"}


def frame_of(given: list[tuple[object, ...]]) -> pl.DataFrame:
    """Naive times around the hour that spring skips in Rome, in steps of ten minutes."""
    frame = pl.DataFrame(given, schema=SCHEMA, orient="row")
    at = pl.lit(datetime(2024, 3, 30, 22))
    return frame.with_columns(
        timestamp=at + pl.col("t") * timedelta(minutes=10), start_timestamp=at + pl.col("s") * timedelta(minutes=10)
    ).drop("t", "s")


@given(rows, st.integers(1, 7), st.integers(1, 9))
def test_bulk_is_the_import_at_once(
    tmp_path_factory: pytest.TempPathFactory, given: list[tuple[object, ...]], stretch: int, batch: int
) -> None:
    folder = tmp_path_factory.mktemp("bulk")
    frame_of(given).write_parquet(folder / "l.parquet")
    store = LogStore(folder / "logs")
    at_once = parquet.read(folder / "l.parquet", columns=COLUMNS, time_zone="Europe/Rome", currency="EUR")
    wanted = store.write(at_once.log, "once")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bulk, "BATCH", batch)
        done = import_parquet(
            folder / "l.parquet",
            store,
            "bulk",
            columns=COLUMNS,
            time_zone="Europe/Rome",
            currency="EUR",
            stretch=stretch,
        )

    log, expected = store.read("bulk"), store.read("once")
    assert log.to_frame().cast({pl.Categorical: pl.String}).equals(expected.to_frame(), null_equal=True)
    assert log.case_frame().cast({pl.Categorical: pl.String}).equals(expected.case_frame())
    assert done.stored.version == wanted.version
    assert done.rejected.select("source_row", "reason").rows() == at_once.rejected.select("source_row", "reason").rows()
    assert done.rows == len(given) == log.n_events + done.rejected.height
    assert list((folder / "logs").glob(".bulk-*")) == []


def test_only_the_attributes_asked_for(tmp_path: Path) -> None:
    frame_of(
        [("1", "a", 0, None, "ann", 1.0, "x", 1, True, None), ("1", "b", 1, None, "bo", 1.0, "x", 2, True, None)]
    ).write_parquet(tmp_path / "l.parquet")
    store = LogStore(tmp_path / "logs")
    import_parquet(tmp_path / "l.parquet", store, "l", attributes=["size"])

    assert store.read("l").events.columns == ["size"]
    assert store.read("l").cases.columns == []
    with pytest.raises(InvalidInput, match="Did you mean 'colour'"):
        import_parquet(tmp_path / "l.parquet", store, "l", attributes=["color"])


def test_text_times_and_nested_columns_are_refused(tmp_path: Path) -> None:
    base = pl.DataFrame({"case_id": ["1"], "activity": ["a"], "timestamp": ["2024-01-01"]})
    base.write_parquet(tmp_path / "text.parquet")
    base.with_columns(timestamp=pl.lit(datetime(2024, 1, 1)), tags=pl.lit([["x"]])).write_parquet(
        tmp_path / "nested.parquet"
    )
    store = LogStore(tmp_path / "logs")

    with pytest.raises(InvalidInput, match="not times"):
        import_parquet(tmp_path / "text.parquet", store, "l")
    with pytest.raises(InvalidInput, match="cannot keep"):
        import_parquet(tmp_path / "nested.parquet", store, "l")


def test_reading_maps_the_columns(tmp_path: Path) -> None:
    """A stored bulk log is one record batch: its columns are the file, not copies."""
    frame_of([(str(i % 5), "a", i % 50, None, "ann", 1.0, "x", 1, True, None) for i in range(5000)]).write_parquet(
        tmp_path / "l.parquet"
    )
    store = LogStore(tmp_path / "logs")
    import_parquet(tmp_path / "l.parquet", store, "l")
    log = store.read("l")

    assert not log.t_ns.flags.owndata
    assert not log.activity.flags.owndata
