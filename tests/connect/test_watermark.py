"""The watermark on a wall clock: nothing is lost where the clock goes back, nothing comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hoshin.connect._watermark import Seen, repeated_from

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])


def test_the_repeated_hour_begins_where_the_clock_goes_back_to() -> None:
    inside, before = datetime(2024, 10, 27, 2, 58, 7), datetime(2024, 10, 27, 1, 59, 59)
    assert repeated_from(inside, BERLIN) == datetime(2024, 10, 27, 2, 0)
    assert repeated_from(before, BERLIN) == before
    assert repeated_from(datetime(2024, 3, 31, 2, 30), BERLIN) == datetime(2024, 3, 31, 2, 30), "a gap is not repeated"
    assert repeated_from(datetime(2024, 4, 7, 1, 45), ZoneInfo("Australia/Lord_Howe")) == datetime(2024, 4, 7, 1, 30)


@given(
    zone=ZONES,
    day=st.sampled_from([datetime(2024, 10, 26, 22), datetime(2024, 11, 3, 3), datetime(2024, 4, 6, 13)]),
    gaps=st.lists(st.integers(0, 45 * 60), min_size=1, max_size=30),
    pulls=st.sets(st.integers(0, 29)),
    overlap_s=st.sampled_from([0.0, 300.0]),
)
def test_pulls_at_any_time_bring_each_row_once(
    zone: str, day: datetime, gaps: list[int], pulls: set[int], overlap_s: float
) -> None:
    table: list[tuple[datetime, int]] = []
    got: list[int] = []
    state = None
    now = day.replace(tzinfo=UTC)
    for number, gap in enumerate(gaps):
        now += timedelta(seconds=gap)
        table.append((now.astimezone(ZoneInfo(zone)).replace(tzinfo=None), number))
        if number not in pulls and number != len(gaps) - 1:
            continue
        seen = Seen.resume(state, overlap_s, zone)
        floor = None if seen.last is None else seen.floor()
        rows = sorted(row for row in table if floor is None or row[0] >= floor)
        got += [row[1] for row in rows if seen.take(row[0], row)]
        state = seen.state()
    assert sorted(got) == list(range(len(gaps)))
