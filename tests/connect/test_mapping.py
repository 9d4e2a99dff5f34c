"""A mapping file: what it accepts, what it says when it is wrong, and what it makes of awkward values."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.connect._canonical import propose_mapping, to_canonical
from hoshin.connect._mapping import line_of, load_mapping, parse_mapping, shipped
from hoshin.connect._values import key, moment, number, rate, unreadable
from hoshin.errors import InvalidInput

GOOD = """\
format = 1
name = "orders"
version = "2"
time_zone = "Europe/Berlin"
decimal = ","
missing = ["", "?"]
key = ["id"]

[columns]
case_id = "order"

[columns.activity]
from = "step"
values = { A = "Approve" }

[columns.timestamp]
from = ["day", "clock"]

[columns.cost]
from = "amount"
unit = "EUR"

[attribute.waited]
from = "minutes"
type = "decimal"
unit = "min"
"""

ROWS = pl.DataFrame(
    {
        "id": ["1", "2", "3"],
        "order": [" 7 ", "7", "8"],
        "step": ["A", "B", "?"],
        "day": ["20240115", "15.07.2024", "00000000"],
        "clock": ["081500", "8:15 AM", ""],
        "amount": ["1.500,00", "12,5-", "?"],
        "minutes": ["2", "", "x"],
        "note": ["a", " ", "?"],
    }
)


def test_awkward_values_are_read() -> None:
    made = to_canonical(ROWS, parse_mapping(GOOD), where="orders.csv")
    frame = made.frame

    assert frame["case_id"].to_list() == ["7", "7", "8"]
    assert frame["activity"].to_list() == ["Approve", "B", None]
    assert frame["timestamp"].to_list() == [
        datetime(2024, 1, 15, 7, 15, tzinfo=UTC),  # winter: UTC+1
        datetime(2024, 7, 15, 6, 15, tzinfo=UTC),  # summer: UTC+2
        None,
    ]
    assert frame["cost"].to_list() == [1500.0, -12.5, None]
    assert frame["waited"].to_list() == [120.0, None, None]
    assert frame["note"].to_list() == ["a", None, None]
    assert frame["event_key"].to_list() == ["1", "2", "3"]
    (lost,) = made.unread
    assert (lost.column, lost.count, lost.first_value, lost.first_row) == ("minutes", 1, "x", 2)


@pytest.mark.parametrize(
    ("wrong", "right", "line", "near"),
    [
        ("activiti", "[columns.activity]", 12, "'activity'"),
        ("fromm", 'from = "step"', 13, "'from'"),
        ("tme_zone", "time_zone", 4, "'time_zone'"),
        ("decimall", '"decimal"', 25, "'decimal'"),
    ],
)
def test_a_wrong_word_is_named_with_its_line_and_the_nearest(wrong: str, right: str, line: int, near: str) -> None:
    word = near.strip("'")
    text = GOOD.replace(right, right.replace(word, wrong), 1)

    with pytest.raises(InvalidInput) as caught:
        parse_mapping(text, "orders.toml")

    assert f"orders.toml, line {line}:" in caught.value.message
    assert near in caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("format = 2\nname='a'\nversion='1'", "line 1: format is 2"),
        ("format = 1\nversion = '1'", "needs a name and a version"),
        (GOOD.replace("Europe/Berlin", "Berlin"), "line 4: 'Berlin' is no IANA time zone"),
        (GOOD.replace('case_id = "order"', ""), "has no case_id"),
        (GOOD.replace('from = "step"', ""), "line 12: activity needs either from or constant"),
        (GOOD.replace('type = "decimal"', 'type = "text"'), "A text has no unit"),
        (GOOD.replace("format = 1", "format = 1\nformat = 1"), "is not TOML"),
    ],
)
def test_other_mistakes_are_explained(text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_mapping(text)

    assert says in str(caught.value)


def test_a_missing_source_column_is_named_with_the_nearest() -> None:
    with pytest.raises(InvalidInput) as caught:
        to_canonical(ROWS.rename({"amount": "amounts"}), parse_mapping(GOOD), where="orders.csv")

    assert caught.value.code == "connect.column"
    assert "'amount'" in caught.value.message
    assert "orders.csv" in caught.value.message
    assert "'amounts'" in caught.value.hint


def test_a_time_column_that_cannot_be_read_at_all_is_an_error_with_row_and_value() -> None:
    rows = ROWS.with_columns(day=pl.lit("yesterday"))

    with pytest.raises(InvalidInput) as caught:
        to_canonical(rows, parse_mapping(GOOD), where="orders.csv")

    assert caught.value.code == "connect.unreadable"
    assert "row 1" in caught.value.message
    assert "yesterday" in caught.value.message


def test_a_row_may_make_several_events() -> None:
    text = """
format = 1
name = "tickets"
version = "1"
key = ["number"]
[columns]
case_id = "number"
[[events]]
columns = { activity = { constant = "Opened" }, timestamp = "opened_at", resource = "opened_by" }
[[events]]
where = { state = ["Closed", "Resolved"] }
columns = { activity = { constant = "Closed" }, timestamp = "closed_at" }
"""
    rows = pl.DataFrame(
        {
            "number": ["1", "2"],
            "opened_at": ["2024-01-01 10:00:00"] * 2,
            "closed_at": ["2024-01-02 10:00:00", "2024-01-09 10:00:00"],
            "opened_by": ["Ann", "Bob"],
            "state": ["Closed", "New"],
        }
    )

    frame = to_canonical(rows, parse_mapping(text), where="t").frame

    assert frame.select("case_id", "activity", "resource").rows() == [
        ("1", "Opened", "Ann"),
        ("2", "Opened", "Bob"),
        ("1", "Closed", None),
    ]
    assert frame["event_key"].n_unique() == 3


def test_ambiguous_dates_are_refused_until_someone_decides() -> None:
    dates = pl.Series("d", ["1/2/2024", "3/4/2024"])

    with pytest.raises(InvalidInput) as caught:
        moment(dates)
    assert caught.value.code == "connect.date_order"

    assert moment(dates, date_order="dmy")[0] == datetime(2024, 2, 1, tzinfo=UTC)
    assert moment(dates, date_order="mdy")[0] == datetime(2024, 1, 2, tzinfo=UTC)
    assert moment(pl.Series(["1/2/2024", "13/2/2024"]))[0] == datetime(2024, 2, 1, tzinfo=UTC)


@given(
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2068, 12, 31)).map(
        lambda t: t.replace(microsecond=0)
    ),
    st.sampled_from(
        [
            ("%Y%m%d%H%M%S", ""),
            ("%Y-%m-%d %H:%M:%S", ""),
            ("%Y-%m-%dT%H:%M:%SZ", ""),
            ("%d.%m.%Y %H:%M:%S", ""),
            ("%m/%d/%Y %I:%M:%S %p", "mdy"),
            ("%d/%m/%y %H:%M:%S", "dmy"),
            ("%d/%b/%y %I:%M:%S %p", ""),
        ]
    ),
)
def test_what_was_written_in_any_known_shape_is_read_back(when: datetime, shape: tuple[str, str]) -> None:
    pattern, order = shape
    read = moment(pl.Series([when.strftime(pattern)]), date_order=order)  # type: ignore[arg-type]

    assert read.to_list() == [when.replace(tzinfo=UTC)]
    told = moment(pl.Series([when.strftime(pattern)]), formats=(pattern.replace("Z", "%z"),))
    assert told.to_list() == read.to_list()


@given(st.integers(-(10**9), 10**9), st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'")]))
def test_numbers_are_read_back_whatever_their_separators(cents: int, marks: tuple[str, str]) -> None:
    decimal, thousands = marks
    shown = f"{abs(cents) / 100:,.2f}".replace(",", "#").replace(".", decimal).replace("#", thousands)
    shown += "-" if cents < 0 else ""

    assert number(pl.Series([shown]), decimal=decimal, thousands=thousands).to_list() == [cents / 100]


def test_sap_rates_keys_and_empty_dates() -> None:
    assert rate(pl.Series(["/3.74340", "1,00000", " 1.10250", None]))[0] == pytest.approx(1 / 3.7434)
    assert key(pl.Series(["10", " 00010 ", "A1"]), 5).to_list() == ["00010", "00010", "A1"]
    empty = pl.Series("AEDAT", ["00000000", "0000-00-00", "1/0/1900 0:00", " "])
    assert moment(empty).null_count() == 4
    assert unreadable(empty, moment(empty), "date") is None


def test_clock_changes_skip_and_repeat() -> None:
    """02:30 on the last Sunday of March does not exist in Berlin; in October it exists twice: the first counts."""
    times = moment(pl.Series(["2024-03-31 02:30", "2024-10-27 02:30"]), time_zone="Europe/Berlin").to_list()

    assert times == [None, datetime(2024, 10, 27, 0, 30, tzinfo=UTC)]


def test_a_proposal_is_itself_a_mapping() -> None:
    rows = pl.DataFrame({"Order ID": ["1"], "Status": ["New"], "Updated": ["1/2/2024"], "Assigned to": ["Ann"]})
    text = propose_mapping(rows)

    assert "date_order" in text
    mapping = parse_mapping(text)
    frame = to_canonical(rows, mapping, where="x").frame
    assert frame.select("case_id", "activity", "resource").row(0) == ("1", "New", "Ann")

    with pytest.raises(InvalidInput, match="No column can be"):
        propose_mapping(pl.DataFrame({"a": ["1"], "b": ["2"]}))


@pytest.mark.parametrize("name", shipped())
def test_shipped_mappings_are_valid_and_say_what_they_are(name: str) -> None:
    mapping = load_mapping(name)

    assert mapping.name == name
    assert mapping.summary
    assert len(mapping.digest) == 12


def test_an_unknown_mapping_names_the_shipped_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        load_mapping("servicenow-incidents")
    assert caught.value.code == "connect.no_mapping"


def test_line_of_finds_the_nth_event() -> None:
    text = "format = 1\n[[events]]\nname = 'a'\n[[events]]\nname = 'b'\ntabel = 'X'\n"
    assert line_of(text, ("events", "#1", "tabel")) == 6
    assert line_of(text, ("events", "#0", "name")) == 3
