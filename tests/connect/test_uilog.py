"""UI logs: tasks found where no case id is, against the rows of the sheet that people worked through."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.connect._segment import alike, choose_end, label_of, rank, tasks
from hoshin.connect.uilog import Connector
from hoshin.errors import InvalidInput
from tests.conftest import shared

HEAD = "timeStamp,userID,targetApp,eventType,target.id,target.innerText\n"


def frame_of(file: Path, **settings: object) -> pl.DataFrame:
    return pl.concat([b.frame for b in Connector(path=str(file), **settings).batches()])  # type: ignore[arg-type]


def written(folder: Path, rows: list[str]) -> Path:
    file = folder / "ui.csv"
    file.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(("name", "end", "least"), [
    ("StudentRecord", "clickButton Submit", 0.99),
    ("Reimbursement", "form_submit", 0.99),
])  # fmt: skip
def test_tasks_are_the_rows_of_the_sheet(name: str, end: str, least: float) -> None:
    """Each of the 50 records is one sheet row, which the segmentation never sees: the row of a cell is not in
    its label. Measured: 351 of 354 and 456 of 457 cell reads are in the task of their row; the others were read
    while the record before or after was being filled in."""
    frame = frame_of(shared(f"erp/ui_logs/{name}.csv.gz"))
    cells = frame.with_columns(row=pl.col("element").str.extract(r"^[A-Z]+(\d+)$")).drop_nulls("row")
    mine = cells.group_by("case_id").agg(most=pl.col("row").mode().sort().first())
    right = cells.join(mine, on="case_id").select((pl.col("row") == pl.col("most")).mean()).item()

    assert right >= least
    ended = frame.group_by("case_id", maintain_order=True).last().filter(activity=end)["case_id"]
    assert len(ended) == 50
    assert mine.filter(pl.col("case_id").is_in(ended.implode()))["most"].n_unique() == 50


@given(
    steps=st.lists(
        st.sampled_from(["getCell A", "paste x", "editField y", "clickButton Next"]), min_size=1, max_size=8
    ),
    times=st.integers(2, 9),
    tail=st.booleans(),
)
def test_repetitions_of_a_task_are_found_again(steps: list[str], times: int, tail: bool) -> None:
    labels = [*steps, "clickButton Save"] * times + (steps if tail else [])
    ranks = [rank(*label.partition(" ")[::2]) for label in labels]
    end = choose_end(labels, ranks, [float(i) for i in range(len(labels))])

    assert end == "clickButton Save"
    assert tasks(labels, {end}) == [i // (len(steps) + 1) for i in range(len(labels))]
    assert alike(labels, tasks(labels, {end})) > 0.5


def test_nothing_that_recurs_is_no_end() -> None:
    assert choose_end(["a", "b", "c"], [0, 0, 0], [0.0, 1.0, 2.0]) == ""
    assert choose_end(["clickButton Save", "b"], [2, 0], [0.0, 1.0]) == ""


def test_labels_are_the_same_in_each_repetition() -> None:
    assert label_of("getRange", "$C$2:F2", "", "", "S") == "getRange $C:F"
    assert label_of("createNewTab", "218", "", "", "") == "createNewTab"
    assert label_of("clickButton", "x", "", "\\n Next\\n", "") == "clickButton Next"
    shown = [("form_submit", ""), ("clickButton", "Save it"), ("clickButton", "Up"), ("paste", "save")]
    assert [rank(event, text) for event, text in shown] == [3, 2, 1, 0]


def test_users_are_cut_apart_and_pauses_can_cut(tmp_path: Path) -> None:
    rows = [
        f"2024-03-01T09:{minute:02d}:{second:02d}Z,{who},App,{what},,"
        for minute in (0, 30)
        for second, who, what in [(1, "ann", "open"), (2, "bob", "open"), (3, "ann", "type"), (4, "bob", "type")]
    ]
    file = written(tmp_path, rows)

    with pytest.raises(InvalidInput) as caught:
        frame_of(file)
    assert caught.value.code == "connect.no_tasks"
    frame = frame_of(file, idle_s=300)
    assert frame.group_by("case_id").len().sort("case_id").rows() == [
        ("ann-0001", 2), ("ann-0002", 2), ("bob-0001", 2), ("bob-0002", 2),
    ]  # fmt: skip


def test_an_end_is_named_by_hand_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    rows = [f"2024-03-01T09:00:{s:02d}Z,ann,App,{w},," for s, w in enumerate(["open", "type", "close"] * 3)]
    file = written(tmp_path, rows)

    assert frame_of(file, ends=("close",))["case_id"].n_unique() == 3
    with pytest.raises(InvalidInput) as caught:
        frame_of(file, ends=("closed",))
    assert caught.value.code == "connect.no_such_end"
    assert "close" in caught.value.hint


def test_a_case_column_of_the_mapping_is_taken_at_its_word(tmp_path: Path) -> None:
    mapping = tmp_path / "mine.toml"
    mapping.write_text(
        'format = 1\nname = "mine"\nversion = "1"\n[columns]\ncase_id = "targetApp"\nactivity = "eventType"\n'
        'timestamp = "timeStamp"\n',
        encoding="utf-8",
    )
    file = written(tmp_path, ["2024-03-01T09:00:00Z,a,Excel,copy,,", "2024-03-01T09:00:01Z,a,Chrome,paste,,"])

    assert set(frame_of(file, mapping=str(mapping))["case_id"]) == {"Excel", "Chrome"}


@pytest.mark.parametrize(("name", "part", "exact", "like"), [
    ("StudentRecord", slice(0, 12), 40, 0.991),
    ("Reimbursement", slice(12, 21), 38, 0.975),
])  # fmt: skip
def test_tasks_are_the_published_routines(name: str, part: slice, exact: int, like: float) -> None:
    """Against the 21 routines published with the recordings, without clicks into fields, links and tabs, which lie
    between two records. Equal slices of the recording match none exactly (0.83 and 0.79 alike)."""
    between = {"clickLink", "createNewTab", "clickTextField", "navigate_to"}
    lines = shared("erp/ui_logs/leno_SR_RT_plus.groundtruth.txt").read_text(encoding="utf-8").splitlines()
    truth = [[w for w in line.split() if w not in between | {"-1", "-2"}] for line in lines if line.strip()][part]
    made: list[list[str]] = []
    frame = frame_of(shared(f"erp/ui_logs/{name}.csv.gz"), activity="event")
    for _, task in frame.group_by("case_id", maintain_order=True):
        actions: list[str] = []
        source = "getCell"
        for event in task["activity"]:
            if event in ("getCell", "getRange"):
                source = event
            elif event not in between:
                actions.append(source.replace("get", "copy") if event == "copy" else event)
        made.append(actions)
    found = [max(similarity(task, routine) for routine in truth) for task in made]
    flat = [action for task in made for action in task]
    size = len(flat) // 50
    slices = [flat[i : i + size] for i in range(0, len(flat), size)]
    by_length = [max(similarity(task, routine) for routine in truth) for task in slices]

    assert max(by_length) < 1
    assert sum(by_length) / len(by_length) < 0.84
    assert sum(f == 1 for f in found) >= exact
    assert sum(found) / len(found) >= like


def similarity(a: list[str], b: list[str]) -> float:
    """1 less the edit distance of `a` and `b` per action of the longer one."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return 1 - row[-1] / max(len(a), len(b), 1)
