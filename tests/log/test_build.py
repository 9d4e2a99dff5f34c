"""Building a log: order, zones, what is set aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog

T0 = datetime(2026, 1, 1)
rows = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "NA", "", None]),
        st.sampled_from(["a", "b", "", None]),
        st.integers(0, 5) | st.none(),
        st.integers(0, 5) | st.none(),
    ),
    max_size=30,
)


def frame_of(rows: list[tuple[str | None, str | None, int | None, int | None]]) -> pl.DataFrame:
    def when(hours: int | None) -> datetime | None:
        return None if hours is None else T0 + timedelta(hours=hours)

    return pl.DataFrame(
        {
            "case_id": [r[0] for r in rows],
            "activity": [r[1] for r in rows],
            "timestamp": [when(r[2]) for r in rows],
            "start_timestamp": [when(r[3]) for r in rows],
        },
        schema={
            "case_id": pl.String,
            "activity": pl.String,
            "timestamp": pl.Datetime("us"),
            "start_timestamp": pl.Datetime("us"),
        },
    )


@given(rows)
def test_build_sorts_like_python_and_loses_no_row(
    rows: list[tuple[str | None, str | None, int | None, int | None]],
) -> None:
    built = build_log(frame_of(rows))

    good = [(i, r) for i, r in enumerate(rows) if r[0] and r[1] and r[2] is not None]
    ids = list(dict.fromkeys(r[0] for _, r in good))
    wanted = sorted(good, key=lambda x: (ids.index(x[1][0]), x[1][2], x[1][2] if x[1][3] is None else x[1][3], x[0]))
    assert built.log.source_row is not None
    assert built.log.source_row.tolist() == [i for i, _ in wanted]
    assert built.log.case_ids.to_list() == ids
    assert sorted([*built.log.source_row.tolist(), *built.rejected["source_row"].to_list()]) == list(range(len(rows)))


def test_a_time_that_happens_twice_is_read_as_the_earlier() -> None:
    frame = frame_of([("1", "a", 0, None)]).with_columns(pl.lit(datetime(2026, 10, 25, 2, 30)).alias("timestamp"))

    log = build_log(frame, time_zone="Europe/Rome").log

    assert log.to_frame()["timestamp"][0].astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_attributes_that_never_change_belong_to_the_case() -> None:
    frame = frame_of([("1", "a", 0, 0), ("1", "b", 1, 1), ("2", "a", 0, 0)]).with_columns(
        pl.Series("colour", ["red", "red", "blue"]), pl.Series("size", [1, 2, 3])
    )

    log = build_log(frame).log

    assert log.cases.to_dict(as_series=False) == {"colour": ["red", "blue"]}
    assert log.events.to_dict(as_series=False) == {"size": [1, 2, 3]}


def test_wrong_columns_are_named() -> None:
    frame = frame_of([("1", "a", 0, 0)])
    with pytest.raises(InvalidInput, match="activity"):
        build_log(frame.drop("activity"))
    with pytest.raises(InvalidInput, match="holds Int64"):
        build_log(frame.with_columns(pl.lit(3, dtype=pl.Int64).alias("timestamp")))


def test_an_empty_frame_is_an_empty_log() -> None:
    log = build_log(frame_of([])).log

    assert (log.n_cases, log.n_events, log.activities) == (0, 0, ())
    assert log.to_frame().height == 0
    assert log.cycle_time_s().size == 0


@given(st.lists(st.text("ab", min_size=0, max_size=4), max_size=6), st.randoms())
def test_selecting_cases_and_events_keeps_the_rest_as_it_was(traces: list[str], random: object) -> None:
    log = EventLog.from_traces(traces)
    keep = pl.Series([i % 2 == 0 for i in range(log.n_cases)], dtype=pl.Boolean).to_numpy()

    assert log.select_cases(keep).traces() == [tuple(t) for i, t in enumerate(traces) if i % 2 == 0]
    only_a = log.activity == (log.activities.index("a") if "a" in log.activities else -9)
    assert log.select_events(only_a).traces() == [("a",) * t.count("a") for t in traces if "a" in t]


def test_the_columns_cannot_be_changed() -> None:
    log = EventLog.from_traces(["ab"])
    with pytest.raises(ValueError, match="read-only"):
        log.activity[0] = 1


def test_classify_joins_columns() -> None:
    log = EventLog.from_traces(["ab"])

    assert log.classify("case_id", "activity").activities == ("1+a", "1+b")
    with pytest.raises(InvalidInput, match="Unknown column 'resourse'"):
        log.classify("resourse")
