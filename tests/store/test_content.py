"""The hash of content: sensitive to every value, blind to how it is laid out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from hoshin.store.content import hash_content

FRAME = pl.DataFrame(
    {
        "t": ["ab", None, "c", ""], "n": [1, None, 3, 4], "f": [0.5, None, 1.5, 2.5], "b": [True, None, False, True],
        "d": [date(2024, 1, 1), None, date(2024, 1, 2), date(2024, 1, 3)],
        "w": [datetime(2024, 1, 1, tzinfo=UTC), None, None, None], "l": [["a"], [], None, ["a", "b"]],
    }
)  # fmt: skip


def hashed(frame: pl.DataFrame) -> str:
    return hash_content(frame, pl.DataFrame(), {})


def test_layout_is_no_content() -> None:
    halves = pl.concat([FRAME[:1], FRAME[1:]], rechunk=False)

    assert hashed(FRAME) == hashed(halves) == hashed(FRAME.select(reversed(FRAME.columns)))
    assert hashed(FRAME) == hashed(FRAME.with_columns(pl.col("t").cast(pl.Categorical)))


@pytest.mark.parametrize(
    "change",
    [
        pl.Series("t", ["a", None, "bc", ""]), pl.Series("t", ["ab", "", "c", None]), pl.Series("n", [1, 0, 3, 4]),
        pl.Series("b", [True, False, False, True]), pl.Series("f", [0.5, None, 1.5, 2.5000001]),
        pl.Series("l", [["a"], None, [], ["a", "b"]]), pl.Series("n", [1.0, None, 3, 4]),
    ],
)  # fmt: skip
def test_any_change_of_value_or_type_shows(change: pl.Series) -> None:
    assert hashed(FRAME.with_columns(change)) != hashed(FRAME)
    assert hashed(FRAME.rename({"t": "u"})) != hashed(FRAME)
