"""`where` on every question about a log: the same answer as for the filtered log stored under a name of its own."""

from __future__ import annotations

from typing import Any

import pytest

from hoshin.errors import InvalidInput
from hoshin.log.filter import filter_log
from hoshin.service import log as logs
from hoshin.service import mine
from hoshin.service._arguments import convert
from hoshin.service._use_case import UseCase, listed, load
from hoshin.service._workspace import Workspace
from tests.mine.plant import Stage, simulate

QUESTIONS = [
    use
    for use in (load(u.area, u.name) for u in listed())
    if not use.writes and any(p.name == "log" and not p.named for p in use.parameters) and use.area not in
    ("log", "quarantine", "connect")
]  # fmt: skip
WHERE = "duration > 20min then variant top 5"
# What else they need; without it the question is not asked here.
MORE: dict[tuple[str, str], dict[str, Any]] = {
    ("explain", "drivers"): {"outcome": "duration"},
    ("explain", "decisions"): {},
}


@pytest.fixture
def filled(ws: Workspace) -> Workspace:
    log = simulate(Stage(cases=200, between=10, service=8, urgent_share=0.2))
    ws.logs.write(log, "orders")
    ws.logs.write(filter_log(log, WHERE).log, "part")
    return ws


def answer(use: UseCase, ws: Workspace, **given: Any) -> Any:
    try:
        return use.call(ws, **convert(use, {**MORE.get((use.area, use.name), {}), **given}))
    except InvalidInput as error:
        return error.code


def test_every_question_about_a_log_takes_a_filter() -> None:
    assert len(QUESTIONS) >= 25
    for use in QUESTIONS:
        assert any(p.name == "where" and p.named and not p.required for p in use.parameters), (use.area, use.name)


@pytest.mark.parametrize("use", QUESTIONS, ids=lambda u: f"{u.area}.{u.name}")
def test_the_answer_is_that_of_the_filtered_log_and_says_what_was_kept(use: UseCase, filled: Workspace) -> None:
    needed = [p.name for p in use.parameters if p.required and p.name != "log"]
    if needed and (use.area, use.name) not in MORE:
        pytest.skip(f"needs {needed[0]}")
    alone, through = answer(use, filled, log="part"), answer(use, filled, log="orders", where=WHERE)
    if isinstance(alone, str):
        assert through == alone, "the same refusal"
        return
    kept = through.pop("kept")
    assert [(k["step"], k["cases"] <= k["of_cases"]) for k in kept] == [
        ("duration > 20min", True), ("variant top 5", True),
    ]  # fmt: skip
    assert kept[-1]["events"] == filled.log("part").n_events
    if isinstance(alone, dict):
        assert {**through, "log": ""} == {**alone, "log": ""}
    else:
        assert through == {"log": "orders", use.name.rstrip("_"): alone}


def test_a_filter_that_leaves_nothing_or_is_none_is_told(filled: Workspace) -> None:
    with pytest.raises(InvalidInput, match="No case of orders is left") as caught:
        mine.map(filled, "orders", where="duration > 900d")  # type: ignore[call-arg]
    assert caught.value.code == "filter.nothing"
    with pytest.raises(InvalidInput, match="At character"):
        mine.map(filled, "orders", where="duration >")  # type: ignore[call-arg]
    assert mine.rework(filled, "orders", where=" ") == mine.rework(filled, "orders")  # type: ignore[call-arg]


def test_show_and_export_say_what_they_kept(filled: Workspace) -> None:
    assert logs.show(filled, "orders", where=WHERE)["kept"][-1]["cases"] == filled.log("part").n_cases
    assert logs.export(filled, "orders", filled.root / "x.csv", where=WHERE)["kept"]
    assert "kept" not in logs.show(filled, "orders")
