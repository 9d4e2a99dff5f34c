"""Filters: what they keep, that they never reorder, that a condition and its complement partition the cases."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.log.filter import And, Condition, Filter, Not, Or, Then, filter_log
from hoshin.log.filters.attribute import Compare, Keep, OfCase, OfEvent
from hoshin.log.filters.flow import Ends, Follows, Loops, Repeats, Starts
from hoshin.log.filters.time import MODES, Duration, Size, TimeFrame, Trim
from hoshin.log.filters.variant import Coverage, TopVariants, Variant
from hoshin.log.period import Period
from hoshin.log.where import from_url, parse
from tests.strategies import traces

letters = st.sampled_from("abcde")
names = st.lists(letters, min_size=1, max_size=2).map(tuple)
seconds = st.one_of(st.none(), st.integers(0, 500).map(float), st.floats(0, 1e7))
numbers = st.one_of(st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False))
numeric = st.one_of(
    st.builds(Compare, st.sampled_from(["=", "<", "<=", ">", ">="]), st.one_of(st.integers(0, 400), st.floats(0, 1e6))),
    st.builds(lambda a, b: Compare("between", (a, b)), st.integers(0, 90), st.integers(0, 900)),
)
scalars = st.one_of(st.text(), numbers, st.booleans())
tests = st.one_of(
    st.builds(Compare, st.sampled_from(["=", "<", "<=", ">", ">=", "contains"]), scalars),
    st.builds(lambda v: Compare("in", tuple(v)), st.lists(scalars, min_size=1, max_size=3)),
    st.builds(lambda a, b: Compare("between", (a, b)), scalars, scalars),
    st.just(Compare("missing")),
)
moments = st.sampled_from(["", "1969", "1970-01", "1970-01-01", "1970-01-01T00:02", "1970-01-01T00:03:30Z", "2000"])


@st.composite
def periods(draw: st.DrawFn) -> Period:
    a, b = draw(moments), draw(moments)
    try:
        return Period(a, b)
    except InvalidInput:
        return Period(b, a)


flows = st.one_of(
    st.builds(Follows, names, names, st.booleans(), seconds, seconds),
    st.builds(Repeats, st.lists(letters, max_size=2).map(tuple), st.integers(1, 4)),
    st.builds(Loops, st.lists(letters, max_size=2).map(tuple)),
    st.builds(Starts, names),
    st.builds(Ends, names),
    st.builds(TopVariants, st.integers(1, 4)),
    st.builds(Coverage, st.floats(0.01, 1)),
    st.builds(Variant, st.lists(letters, max_size=4).map(tuple)),
    st.builds(Duration, numeric.filter(lambda t: t.operator != "missing")),
    st.builds(Size, numeric),
    st.builds(TimeFrame, st.sampled_from(MODES), periods()),
    st.builds(OfEvent, st.just("activity"), st.builds(Compare, st.just("in"), names), st.booleans()),
)
attributes = st.one_of(
    st.builds(OfCase, st.one_of(st.text(min_size=1), st.just("case_id")), tests),
    st.builds(OfEvent, st.one_of(st.text(min_size=1).filter(lambda t: t not in ("case_id",))), tests, st.booleans()),
)


def combined(single: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.recursive(
        single,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=5,
    )


def with_all_letters(rows: list[str]) -> EventLog:
    """A vocabulary that holds every letter, whatever the traces."""
    return EventLog.from_traces([*rows, "abcde"])


@given(combined(st.one_of(flows, attributes)), st.lists(periods(), max_size=2))
def test_text_reads_back_as_the_same_filter(condition: Condition, trims: list[Period]) -> None:
    whole: Filter = condition
    for period in trims:
        whole = whole.then(Trim(period))

    assert parse(whole.to_text()) == whole
    assert from_url(whole.to_url()) == whole


@given(st.lists(traces.map("".join), max_size=3).map(lambda r: r), combined(flows))
def test_a_condition_and_its_complement_partition_the_cases(rows: list[str], condition: Condition) -> None:
    log = with_all_letters(rows)

    yes, no = condition.apply(log).log, (~condition).apply(log).log

    assert sorted([*yes.case_ids, *no.case_ids]) == sorted(log.case_ids)
    assert yes.n_events + no.n_events == log.n_events


@given(traces, combined(flows), periods())
def test_filters_never_alter_the_order_and_say_what_they_kept(
    rows: list[str], condition: Condition, period: Period
) -> None:
    log = with_all_letters(rows)
    before = dict(zip(log.case_ids, log.traces()))

    for step in (
        condition,
        Trim(period),
        Keep(OfEvent("activity", Compare("in", ("a", "b")))),
        condition.then(Trim(period)),
    ):
        done = step.apply(log)
        kept = list(done.log.case_ids)
        assert kept == [c for c in log.case_ids if c in set(kept)]
        for case, trace in zip(kept, done.log.traces()):
            rest = iter(before[case])
            assert all(a in rest for a in trace), "a subsequence"
        assert (done.kept[-1].n_cases, done.kept[-1].n_events) == (done.log.n_cases, done.log.n_events)
        assert (done.kept[0].of_cases, done.kept[0].of_events) == (log.n_cases, log.n_events)


@given(traces, combined(flows), combined(flows))
def test_and_or_are_the_sets(rows: list[str], one: Condition, two: Condition) -> None:
    log = with_all_letters(rows)
    a, b = set(one.apply(log).log.case_ids), set(two.apply(log).log.case_ids)

    assert set((one & two).apply(log).log.case_ids) == a & b
    assert set((one | two).apply(log).log.case_ids) == a | b


@pytest.fixture
def orders() -> EventLog:
    """Four cases in Rome, with attributes of case and event; case 4 crosses midnight of the new year."""
    rows = [
        ("1", "Submit", "2024-01-01 09:00", "Ann", 10.0, "EU"),
        ("1", "Approve", "2024-01-03 09:00", "Bo", None, "EU"),
        ("2", "Submit", "2024-01-31 23:30", "Ann", 5.0, "US"),
        ("2", "Reject", "2024-02-01 00:30", "Ann", 7.0, "US"),
        ("2", "Submit", "2024-02-01 09:30", "Ann", 8.0, "US"),
        ("3", "Submit", "2024-03-01 09:00", None, 1.0, None),
        ("4", "Submit", "2023-12-31 23:59", "Cy", 2.0, "EU"),
        ("4", "Approve", "2024-01-01 00:01", "Cy", 2.5, "EU"),
    ]
    frame = pl.DataFrame(
        rows, schema=["case_id", "activity", "timestamp", "resource", "amount", "region"], orient="row"
    ).with_columns(pl.col("timestamp").str.to_datetime("%Y-%m-%d %H:%M"))
    return build_log(frame, time_zone="Europe/Rome").log


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("started in 2024-01", "12"),
        ("started in 2024-01-31..2024-02", "2"),
        ("completed in 2024-01", "14"),
        ("contained in 2024-01", "1"),
        ("contained in 2024-01-31T23:30..2024-02-01T09:30", "2"),
        ("contained in 2024-01-31T23:30..2024-02-01T09:29", ""),
        ("intersecting in 2024-02-01", "2"),
        ("intersecting in ..2023", "4"),
        ("duration > 1d", "1"),
        ("duration <= 2min", "34"),
        ("duration in 2min..10h", "24"),
        ("events = 2", "14"),
        ('resource = "Ann"', "12"),
        ('every resource = "Ann"', "2"),
        ('resource != "Ann"', "34"),
        ("resource is missing", "3"),
        ('case.region = "EU"', "14"),
        ('case.region in ("US", "EU")', "124"),
        ("case.region is missing", "3"),
        ('case.region contains "u"', "124"),
        ("event.amount in 7..9", "2"),
        ("event.amount is missing", "1"),
        ('follows("Submit", "Reject") or duration = 0s', "23"),
        ('follows("Submit", "Submit", after 9h, within 10h)', "2"),
        ('follows("Submit", "Submit", within 9h)', ""),
        ('directly("Submit", ("Approve", "Reject"), within 1h)', "24"),
        ("repeats(2)", "2"),
        ('repeats("Approve", "Reject", 2)', ""),
        ("loops()", ""),
        ('starts with "Submit" and ends with ("Approve", "Reject")', "14"),
        ("variant top 1", "14"),
        ("variant covers 50%", "14"),
        ("variant covers 51%", "124"),
        ('variant is ("Submit", "Approve")', "14"),
        ('case_id in ("1", "3") and not (repeats(2) or case.region is missing)', "1"),
        ("not variant top 1 then variant top 1", "2"),
    ],
)
def test_example(orders: EventLog, where: str, kept: str) -> None:
    assert "".join(filter_log(orders, where).log.case_ids) == kept


def test_trim_cuts_cases_at_local_midnight(orders: EventLog) -> None:
    """A day is a day of the log's zone: case 4 keeps its event after midnight in Rome, 23:01 UTC."""
    done = filter_log(orders, "trim 2024-01..2024-01")

    assert done.log.traces() == [("Submit", "Approve"), ("Submit",), ("Approve",)]
    assert done.kept[0].n_events == 4


def test_steps_say_what_each_kept(orders: EventLog) -> None:
    done = filter_log(orders, 'case.region = "EU" and duration > 1d then keep not activity = "Submit"')

    assert [(k.filter, k.n_cases, k.of_cases, k.n_events, k.of_events) for k in done.kept] == [
        ('case.region = "EU"', 2, 4, 4, 8),
        ("duration > 1d", 1, 2, 2, 4),
        ('keep not activity = "Submit"', 1, 1, 1, 2),
    ]


@pytest.mark.parametrize(
    ("where", "code", "says"),
    [
        ('follows("Submitt", "Reject")', "filter.activity", "Submit"),
        ('case.regio = "EU"', "filter.attribute", "region"),
        ("case.amount > 5", "filter.attribute", "attribute of events"),
        ('event.region = "EU"', "filter.attribute", "case.NAME"),
        ("case.region > 5", "filter.type", "text"),
        ('event.amount = "5"', "filter.type", "Float64"),
        ('resource = "Anne"', "filter.value", "Ann"),
    ],
)
def test_unknown_names_and_types_are_named(orders: EventLog, where: str, code: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        filter_log(orders, where)

    assert caught.value.code == code
    assert says in str(caught.value)


def test_nothing_is_filtered_by_an_empty_text(orders: EventLog) -> None:
    assert filter_log(orders, "  ").log is orders


def test_combinations_need_two() -> None:
    with pytest.raises(InvalidInput, match="two"):
        Then((Loops(),))
