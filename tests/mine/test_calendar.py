"""Working hours as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from hoshin.errors import InvalidInput
from hoshin.mine.calendar import OFFICE, calendars_by_resource, parse_calendar, public_holidays


@pytest.mark.parametrize(
    "text",
    [
        "Mon-Fri 09:00-17:00",
        "Mon-Thu 08:00-12:00,13:00-17:30; Fri 08:00-12:00",
        "Sat-Sun 22:00-06:00",
        "Mon 00:00-24:00",
        "24/7",
    ],
)
def test_reads_what_it_writes(text: str) -> None:
    assert str(parse_calendar(text)) == text


@pytest.mark.parametrize(
    ("text", "same"),
    [("mon-fri 9-17", "Mon-Fri 09:00-17:00"), ("Fri-Mon 9-10", "Mon 09:00-10:00; Fri-Sun 09:00-10:00"),
     ("Monday, Wed 9-12, 13-17", "Mon 09:00-12:00,13:00-17:00; Wed 09:00-12:00,13:00-17:00")],
)  # fmt: skip
def test_reads_short_forms(text: str, same: str) -> None:
    assert str(parse_calendar(text)) == same


@pytest.mark.parametrize(
    "text", ["", "Mon", "Moo 9-17", "Mon 9-25", "Mon 9-12-17", "Mon 9:75-10", "9-17", "Mon 24:30-8"]
)
def test_unreadable_hours_say_how_to_write_them(text: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse_calendar(text)

    assert error.value.code == "calendar.hours"
    assert "Mon-Fri 09:00" in error.value.hint


def test_overlapping_hours_are_refused() -> None:
    with pytest.raises(InvalidInput, match="hours of Mon overlap"):
        parse_calendar("Mon 9-13,12-17")


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Mars"):
        parse_calendar("24/7", time_zone="Mars/Olympus")


def test_public_holidays_come_from_the_library() -> None:
    pytest.importorskip("holidays")

    days = public_holidays("DE", [2024], region="BY")

    assert {date(2024, 10, 3), date(2024, 1, 6)} <= days
    assert date(2024, 1, 6) not in public_holidays("DE", [2024])
    with pytest.raises(InvalidInput, match="'XX'"):
        public_holidays("XX", [2024])


def test_calendars_by_resource_shares_equal_ones() -> None:
    night = parse_calendar("Mon-Fri 22-6")

    calendars, which = calendars_by_resource(["ann", "bob", "cid"], {"bob": night, "cid": night}, OFFICE)

    assert calendars == [OFFICE, night]
    assert which == [0, 1, 1]
    with pytest.raises(InvalidInput, match="Did you mean 'ann'"):
        calendars_by_resource(["ann"], {"anm": night}, OFFICE)
