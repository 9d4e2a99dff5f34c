"""Choosing the model: the best by F-score, sound, with the reason told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from hoshin.connect.files import read_file
from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.choose import choose, judged, make
from hoshin.mine.model.tree import parse_tree
from tests.conftest import shared
from tests.strategies import traces


@given(traces)
@settings(max_examples=20)
def test_the_choice_is_sound_and_no_sound_candidate_is_clearly_better(traces: list[str]) -> None:
    chosen = choose(EventLog.from_traces(traces))

    assert chosen.best.quality is not None
    assert chosen.best.quality.soundness.sound
    for candidate in chosen.candidates:
        if candidate.quality and candidate.quality.soundness.sound:
            assert candidate.quality.f_score < chosen.best.quality.f_score + 0.005
    assert chosen.best is chosen.candidates[0]
    assert chosen.best.name in chosen.why


def test_a_clean_log_is_modelled_exactly() -> None:
    chosen = choose(EventLog.from_traces(["abcde", "acbde", "abcdf", "acbdf"] * 5))

    assert chosen.best.quality is not None
    assert chosen.best.quality.f_score == 1.0
    assert "F-score 1.000" in chosen.why


@pytest.mark.parametrize(
    ("file", "at_least"), [("Helpdesk_italian.pm4py.xes.gz", 0.98), ("BPI2013_closed_problems.xes.gz", 0.96)]
)
def test_public_logs_get_models_as_good_as_measured(file: str, at_least: float) -> None:
    chosen = choose(read_file(shared(f"logs/{file}")).log)

    assert chosen.best.quality is not None
    assert chosen.best.quality.f_score > at_least


def test_a_candidate_may_be_mined_from_the_common_cases_and_is_judged_by_all() -> None:
    log = EventLog.from_traces(["abc"] * 8 + ["acb", "xyz"])
    found = judged(log, make(log, "inductive", 0.0, 0.8))

    assert found.name == "inductive 0 on 80%"
    assert found.model == parse_tree("->( 'a', 'b', 'c' )")
    assert found.quality is not None
    assert found.quality.fitting_share == 0.8


@pytest.mark.parametrize("share", [0, -0.5, 1.1])
def test_share_of_the_cases_out_of_range(share: float) -> None:
    with pytest.raises(InvalidInput, match=r"share must be in \(0, 1\]"):
        make(EventLog.from_traces(["a"]), "inductive", 0.0, share)
