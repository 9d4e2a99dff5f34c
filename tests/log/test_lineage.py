"""Lineage: every event back to a file and a row."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.log.lineage import Part, find_parts, parts_of, trace_case, with_part


def test_parts_stand_one_behind_the_other() -> None:
    source, one = with_part({}, "a.csv", "aa", 10)
    source, two = with_part(source, "b.csv", "bb", 5)

    assert parts_of(source) == [one, two]
    assert (two.first_row, two.rows) == (10, 5)
    assert find_parts(np.array([0, 9, 10, 14]), [one, two]).tolist() == [0, 0, 1, 1]


def test_unknown_cases_and_sources_are_named() -> None:
    log = EventLog.from_traces(["ab"])
    with pytest.raises(InvalidInput, match="Unknown case"):
        trace_case(log, [Part("a", "", 0, 2)], "17")
    with pytest.raises(InvalidInput, match="does not say"):
        trace_case(log, [], "1")
