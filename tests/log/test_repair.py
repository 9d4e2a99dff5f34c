"""Repairing rows: only what is asked for changes, and every change is told."""

from __future__ import annotations

import polars as pl
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.repair import patch_rows, set_rows

HELD = pl.DataFrame(
    {
        "source_row": [4, 7],
        "reason": ["no case id", "no timestamp that can be read"],
        "case_id": [None, "2"],
        "timestamp": ["2024-01-01 10:00", "2024-01-01 24:00"],
    }
)


def test_a_patch_changes_the_cells_it_fills() -> None:
    patch = pl.DataFrame({"source_row": ["7", "4"], "case_id": ["", "9"], "timestamp": ["2024-01-02 00:00", None]})

    done = patch_rows(HELD, patch)

    assert done.rows["case_id"].to_list() == ["9", "2"]
    assert done.rows["timestamp"].to_list() == ["2024-01-01 10:00", "2024-01-02 00:00"]
    assert done.changes.rows() == [
        (4, "case_id", None, "9"),
        (7, "timestamp", "2024-01-01 24:00", "2024-01-02 00:00"),
    ]


def test_an_expression_changes_the_rows_it_names() -> None:
    done = set_rows(
        HELD, ["timestamp = replace(timestamp, ' 24:', ' 00:')", "case_id = 'new'"], where="reason like 'no time%'"
    )

    assert done.rows["timestamp"].to_list() == ["2024-01-01 10:00", "2024-01-01 00:00"]
    assert done.rows["case_id"].to_list() == [None, "new"]
    assert done.changes.height == 2


@pytest.mark.parametrize(
    ("patch", "says"),
    [
        ({"row": ["4"]}, "source_row"),
        ({"source_row": ["5"], "case_id": ["1"]}, "Line 2 of the patch is for source row 5"),
        ({"source_row": ["x"], "case_id": ["1"]}, "which is not held"),
        ({"source_row": ["4", "4"], "case_id": ["1", "2"]}, "twice"),
        ({"source_row": ["4"], "caseid": ["1"]}, "case_id"),
    ],
)
def test_a_wrong_patch_is_refused(patch: dict[str, list[str]], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        patch_rows(HELD, pl.DataFrame(patch))


@pytest.mark.parametrize(
    ("assignment", "says"),
    [("case_id", "not an assignment"), ("case = '1'", "case_id"), ("case_id = nothing(", "cannot be understood"),
     ("case_id = other", "cannot be understood"), ("source_row = 5", "Unknown column")],
)  # fmt: skip
def test_a_wrong_expression_is_refused(assignment: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        set_rows(HELD, [assignment])
