"""Rules in plain words: read, and checked on cases worked out by hand."""

from __future__ import annotations

import polars as pl
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.rules import parse_rule, parse_rules
from hoshin.mine.conform.verdicts import check_rules

# 2026-01-09 is a Friday.
ROWS = [
    ("1", "Order", "2026-01-09 10:00", "ann", 500), ("1", "Approve", "2026-01-09 16:00", "ben", 500),
    ("1", "Pay", "2026-01-12 10:00", "cia", 500),
    ("2", "Order", "2026-01-09 10:00", "ann", 2000), ("2", "Pay", "2026-01-09 11:00", "ben", 2000),
    ("2", "Approve", "2026-01-09 12:00", "ben", 2000),
    ("3", "Order", "2026-01-09 10:00", "ann", 50), ("3", "Pay", "2026-01-20 10:00", "cia", 50),
    ("3", "Pay", "2026-01-20 11:00", "cia", 50),
]  # fmt: skip


@pytest.fixture(scope="module")
def log() -> EventLog:
    frame = pl.DataFrame(ROWS, schema=["case_id", "activity", "timestamp", "resource", "amount"], orient="row")
    times = pl.col("timestamp").str.to_datetime("%Y-%m-%d %H:%M")
    return build_log(frame.with_columns(times), case_columns=["amount"]).log


@pytest.mark.parametrize(
    ("rule", "concerned", "broken"),
    [
        ("Approve must precede Pay", "123", "23"),
        ("Order must be followed by Approve", "123", "3"),
        ("Order must be directly followed by Approve", "123", "23"),
        ("Approve must be followed by Pay within 1 d", "12", "12"),
        ("Approve must be followed by Pay within 3 d", "12", "2"),
        # Friday 16:00 to Monday 10:00 is two working hours of a nine to five office.
        ("Pay within 2 working hours of Approve", "12", "2"),
        ("Pay within 1 working hour of Approve", "12", "12"),
        ("Pay must happen at most 1 time", "123", "3"),
        ("Approve must happen", "123", "3"),
        ("Approve must not happen", "123", "12"),
        ("Approve excludes Pay", "123", "12"),
        ("cases start with Order", "123", ""),
        ("cases end with Pay", "123", "2"),
        ("four-eyes Approve, Pay", "12", "2"),
        ("same-eyes Approve, Pay", "12", "1"),
        ("Pay only by cia", "123", "2"),
        ("if amount > 1000: four-eyes Approve, Pay", "2", "2"),
        ("if amount <= 500: Approve must happen", "13", "3"),
    ],
)
def test_by_hand(log: EventLog, rule: str, concerned: str, broken: str) -> None:
    (verdict,) = check_rules(log, [parse_rule(rule)])
    ids = log.case_ids.to_list()

    assert [c for c, x in zip(ids, verdict.concerned) if x] == list(concerned)
    assert [c for c, x in zip(ids, verdict.broken) if x] == list(broken)
    assert sorted(verdict.case_ids) == list(broken)


def test_names_are_quoted_and_comments_left_out() -> None:
    rules = parse_rules("# ours\n\n'Create Order' must precede \"Pay, at last\"  # money\n")

    assert [(r.names, r.line) for r in rules] == [(("Create Order", "Pay, at last"), 3)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Approve should precede Pay", "Line 1 is no rule"),
        ("Aprove must precede Pay", "Did you mean 'Approve'"),
        ("Pay only by zoe", "resource .line 1."),
        ("if amont > 3: Pay must happen", "Did you mean 'amount'"),
        ("if amount > lots: Pay must happen", "holds numbers"),
    ],
)
def test_what_cannot_be_checked_is_named(log: EventLog, text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check_rules(log, parse_rules(text))


def test_the_costliest_rule_comes_first(log: EventLog) -> None:
    verdicts = check_rules(log, parse_rules("Approve must happen\nfour-eyes Approve, Pay"))

    assert [v.rule.kind for v in verdicts] == ["happens", "eyes"]
    assert verdicts[0].loss.excess_s > 0
