"""From a log to a model, and from both to the deviations, as a person asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoshin.errors import InvalidInput, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.service import conform, model
from hoshin.service._workspace import Workspace

TRACES = ["abcd"] * 30 + ["acbd"] * 20 + ["abd"] * 2


@pytest.fixture
def mined(ws: Workspace) -> Workspace:
    ws.logs.write(EventLog.from_traces(TRACES), "orders")
    model.discover(ws, "orders", miner="inductive")
    return ws


def test_a_model_is_found_stored_and_sound(mined: Workspace) -> None:
    assert [row["model"] for row in model.list_(mined)] == ["orders"]
    assert model.check(mined, "orders")["sound"] is True
    assert model.quality(mined, "orders", "orders")["fitness"] > 0.9


@pytest.mark.parametrize("suffix", ["bpmn", "pnml", "ptml"])
def test_a_model_goes_out_and_comes_back(mined: Workspace, tmp_path: Path, suffix: str) -> None:
    model.convert(mined, "orders", tmp_path / f"again.{suffix}")
    model.import_(mined, tmp_path / f"again.{suffix}")

    assert (
        conform.check(mined, "orders", "again")["deviations"] == conform.check(mined, "orders", "orders")["deviations"]
    )


def test_the_choice_is_explained(mined: Workspace) -> None:
    found = model.discover(mined, "orders")

    assert found["why"]
    assert len(found["candidates"]) >= 2


def test_deviations_are_ranked_with_their_cases(mined: Workspace) -> None:
    found = conform.check(mined, "orders", "orders")

    assert found["fitting_cases_share"] == pytest.approx(50 / 52)
    assert found["ranked"][0]["activity"] == "c"
    assert set(found["ranked"][0]["case_ids"]) == {"51", "52"}


def test_rules_and_regularities(mined: Workspace, tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text("c must happen\na must precede d\n")
    broken = {row["rule"]: row["broken"] for row in conform.rules(mined, "orders", tmp_path / "rules.txt")}

    assert broken == {"c must happen": 2, "a must precede d": 0}
    assert any(row["template"] == "init" for row in conform.declare(mined, "orders"))


def test_what_is_not_there_is_named(mined: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Did you mean 'orders'"):
        conform.check(mined, "orders", "order")
    with pytest.raises(InvalidInput, match="no file"):
        conform.rules(mined, "orders", tmp_path / "nowhere.txt")


def test_the_skeleton_names_the_cases_that_stand_out(mined: Workspace) -> None:
    found = conform.skeleton(mined, "orders", noise=0.1)

    assert found["keeps_all_share"] == pytest.approx(50 / 52)
    assert "d after a" in found["always_after"]
    assert {row["case_id"] for row in found["cases"]} == {"51", "52"}
    assert "'c' happens 0 times" in found["cases"][0]["what"]


def test_one_case_is_explained_move_by_move(mined: Workspace) -> None:
    moves = conform.explain(mined, "orders", "orders", "51")

    assert [row["in_the_log"] for row in moves if row["in_the_log"] != "-"] == list("abd")
    assert [row["in_the_model"] for row in moves if row["move"] == "skipped"] == ["c"]
    with pytest.raises(NotFound, match="no case 'x'"):
        conform.explain(mined, "orders", "orders", "x")


def test_alignments_are_kept_unless_asked_not_to(mined: Workspace) -> None:
    kept = mined.root / "cache" / "alignments"
    fresh = conform.check(mined, "orders", "orders", no_cache=True)
    moves = conform.explain(mined, "orders", "orders", "51", no_cache=True)
    quality = model.quality(mined, "orders", "orders", no_cache=True)
    assert not kept.exists()

    for _ in range(2):
        assert conform.check(mined, "orders", "orders") == fresh
        assert conform.explain(mined, "orders", "orders", "51") == moves
        assert model.quality(mined, "orders", "orders") == quality
        (file,) = kept.iterdir()
        file.write_bytes(file.read_bytes()[:-7])
