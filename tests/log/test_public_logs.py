"""Filters and checks on public logs: counts that were computed elsewhere, and traps these logs are known for."""

from __future__ import annotations

import pytest

from hoshin.connect.files import read_file
from hoshin.log.check import check_log
from hoshin.log.filter import filter_log
from tests.conftest import shared

NOW_NS = 1_780_000_000 * 10**9


@pytest.mark.parametrize(
    ("file", "cases", "with_a_repeat"),
    [
        ("Receipt_WABO_CoSeLoG", 1_434, 91),
        ("Helpdesk_italian.pm4py", 4_580, 1_240),
        ("Sepsis_4tu", 1_050, 744),
        ("BPI2020_DomesticDeclarations", 10_500, 1_019),
    ],
)
def test_cases_with_a_repeat(file: str, cases: int, with_a_repeat: int) -> None:
    """Another program's count of cases in which some activity occurs twice; the complement is the rest."""
    log = read_file(shared(f"logs/{file}.xes.gz")).log

    assert log.n_cases == cases
    assert filter_log(log, "repeats(2)").log.n_cases == with_a_repeat
    assert filter_log(log, "not repeats(2)").log.n_cases == cases - with_a_repeat


def test_the_case_called_na_is_a_case() -> None:
    log = read_file(shared("logs/Sepsis_4tu.xes.gz")).log

    assert filter_log(log, 'case_id = "NA"').log.n_events == 24


def test_bpi_2019_has_events_of_1948() -> None:
    """Timestamps from 1948 to 2020 in a log of 2018: named, with their rows."""
    log = read_file(shared("logs/BPI2019_1t_per_variant.xes.gz")).log
    quality = check_log(log, now_ns=NOW_NS)

    assert "1948" in quality["implausible"].detail
    assert 0 < quality["implausible"].count < 100
    assert quality.rows(log, "implausible")["timestamp"].min().year == 1948  # type: ignore[union-attr]


def test_single_event_cases_have_no_duration_and_no_alarm() -> None:
    """BPI 2020 has cases of one event; they are cases like others."""
    log = read_file(shared("logs/BPI2020_DomesticDeclarations.xes.gz")).log
    alone = filter_log(log, "events = 1")

    assert alone.log.n_cases > 0
    assert filter_log(alone.log, "duration = 0s").log.n_cases == alone.log.n_cases
    assert check_log(alone.log, now_ns=NOW_NS)["casereuse"].count == 0
