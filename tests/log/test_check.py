"""The quality suite: a clean log raises no alarm, every planted fault is found, and only there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given

from hoshin.log.build import build_log
from hoshin.log.check import Quality, check_log, checks
from hoshin.log.eventlog import EventLog
from tests.clean_log import NOW_NS, clean_log, clean_rows
from tests.strategies import traces

ROWS = clean_rows()


def judged(frame: pl.DataFrame, **header: object) -> tuple[EventLog, Quality]:
    built = build_log(frame, time_zone="Europe/Berlin", header=header)
    return built.log, check_log(built.log, now_ns=NOW_NS, rejected=built.rejected)


def found_rows(log: EventLog, quality: Quality, name: str) -> list[int]:
    return sorted(quality.rows(log, name)["source_row"].to_list())


@pytest.mark.parametrize("seed", range(4))
def test_a_clean_log_raises_no_alarm(seed: int) -> None:
    log = replace(clean_log(seed=seed), header={"offsets": {"": 3000}, "zone_assumed": False})

    quality = check_log(log, now_ns=NOW_NS)

    assert {r.name: r.finding.count for r in quality.results if r.finding.count} == {}
    assert quality.score == 100
    assert {r.name for r in quality.results} | set(quality.not_applicable) == set(checks.names())


@given(traces)
def test_the_suite_survives_any_log(rows: list[str]) -> None:
    """Empty logs, empty cases and single events included; the score is a percentage, the points add up to it."""
    quality = check_log(EventLog.from_traces(rows), now_ns=NOW_NS)

    assert 0 <= quality.score <= 100
    if quality.results:
        assert sum(r.points for r in quality.results) == pytest.approx(quality.score, abs=0.06)
        assert sum(r.of_points for r in quality.results) == pytest.approx(100)
    assert all("points" in r.explain() for r in quality.results)


def changed(rows: list[int], **values: object) -> pl.DataFrame:
    at = pl.int_range(ROWS.height).is_in(rows)
    return ROWS.with_columns(
        pl.when(at).then(v if isinstance(v, pl.Expr) else pl.lit(v)).otherwise(pl.col(c)).alias(c)
        for c, v in values.items()
    )


PLANTED = sorted(np.random.default_rng(7).choice(ROWS.height, 12, replace=False).tolist())


def test_implausible_finds_1948_the_future_and_placeholders() -> None:
    for moment in (
        datetime(1948, 1, 26, 23, 59, 1),
        datetime(2031, 5, 1, 10),
        datetime(1900, 1, 1),
        datetime(2100, 1, 1),
    ):
        log, quality = judged(changed(PLANTED[:5], timestamp=pl.lit(moment, dtype=pl.Datetime("us"))))
        assert found_rows(log, quality, "implausible") == PLANTED[:5], moment
        assert str(moment.year) in quality["implausible"].detail


def test_reversed_finds_ends_before_starts() -> None:
    log, quality = judged(changed(PLANTED, start_timestamp=pl.col("timestamp") + timedelta(minutes=5)))

    assert found_rows(log, quality, "reversed") == PLANTED


def test_duplicate_finds_the_second_of_equal_rows_only() -> None:
    twice = pl.concat([ROWS, ROWS[PLANTED]])
    almost = ROWS[PLANTED].with_columns(region=pl.lit("west"))  # differs in an attribute: another event

    log, quality = judged(pl.concat([twice, almost]))

    assert found_rows(log, quality, "duplicate") == list(range(ROWS.height, ROWS.height + 12))


def test_dayonly_finds_the_activity_without_a_clock() -> None:
    ships = ROWS["activity"] == "Ship"
    log, quality = judged(
        ROWS.with_columns(
            pl.when(ships).then(pl.col("timestamp").dt.truncate("1d")).otherwise(pl.col("timestamp")).alias("timestamp")
        )
    )

    assert found_rows(log, quality, "dayonly") == ships.arg_true().to_list()
    assert quality["dayonly"].detail == "At midnight: Ship."


def test_sametime_names_the_pair() -> None:
    rows = [("1", "a", 0), ("1", "b", 0), ("1", "c", 5), ("2", "a", 1), ("2", "a", 1), ("2", "b", 2)]
    frame = pl.DataFrame(rows, schema=["case_id", "activity", "t"], orient="row").with_columns(
        timestamp=pl.from_epoch(pl.col("t") + 1_700_000_000, time_unit="s")
    )
    log, quality = judged(frame.drop("t"))

    assert found_rows(log, quality, "sametime") == [0, 1]
    assert "a with b (1)" in quality["sametime"].detail


def test_casereuse_finds_ids_taken_again_after_long_and_by_another_system() -> None:
    """Ids used again half a year later; ids that start once in each of two systems."""
    some = ROWS["case_id"].unique().sort().head(6)
    again = ROWS.filter(pl.col("case_id").is_in(some.implode())).with_columns(
        pl.col("timestamp", "start_timestamp") + timedelta(days=364)
    )
    log, quality = judged(pl.concat([ROWS, again]))

    assert (
        sorted(log.case_ids.gather(np.unique(log.case_of_event()[quality["casereuse"].events])).to_list())
        == some.to_list()
    )
    assert quality["casereuse"].count == 6

    one = ROWS.with_columns(source_system=pl.lit("SAP"))
    two = ROWS.filter(pl.col("case_id").is_in(some.implode())).with_columns(
        source_system=pl.lit("CRM"), timestamp=pl.col("timestamp") + timedelta(days=1)
    )
    _, quality = judged(pl.concat([one, two]))

    assert quality["casereuse"].count == 6
    assert "source_system" in quality["casereuse"].detail


def test_a_handover_between_systems_is_no_reuse() -> None:
    """One case that begins in one system and ends in another is one case."""
    late = pl.col("activity").is_in(["Send invoice", "Receive payment"])
    _, quality = judged(ROWS.with_columns(source_system=pl.when(late).then(pl.lit("SAP")).otherwise(pl.lit("CRM"))))

    assert quality["casereuse"].count == 0


@pytest.mark.parametrize(
    "wrong", ["SHIP", "ship ", "Ship.", "Check  credit", "Check_credit", "Check crediit", "Pick godos"]
)
def test_spelling_finds_the_rare_spelling(wrong: str) -> None:
    log, quality = judged(changed(PLANTED[:4], activity=wrong))

    assert found_rows(log, quality, "spelling") == PLANTED[:4]
    assert repr(wrong) in quality["spelling"].detail


@pytest.mark.parametrize(
    "names",
    [
        ["Approval 1", "Approval 2"], ["Release A", "Release B"], ["Open", "Reopen"], ["Approved", "Unapproved"],
        ["A_ACCEPTED", "A_ACTIVATED"], ["O_SENT", "O_SENT_BACK"], ["Send offer", "Send order"], ["T02", "T03"],
        ["Queued", "Queue full"], ["+", "-"],
    ],
)  # fmt: skip
def test_spelling_leaves_different_words_alone(names: list[str]) -> None:
    log = EventLog.from_traces([[names[0]]] * 5 + [[names[1]]] * 5)

    assert check_log(log, now_ns=NOW_NS)["spelling"].count == 0


def test_batch_finds_the_nightly_job() -> None:
    """30 shipments get the time of the job; the midnight of `dayonly` is not its business."""
    ships = (ROWS["activity"] == "Ship").arg_true().to_list()[:30]
    log, quality = judged(changed(ships, timestamp=pl.lit(datetime(2024, 3, 5, 22, 30), dtype=pl.Datetime("us"))))

    assert found_rows(log, quality, "batch") == ships
    assert quality["batch"].detail == "Written at once: Ship."


def test_gap_finds_two_missing_weeks_and_no_weekend() -> None:
    day = pl.col("timestamp").dt.date()
    _, quality = judged(ROWS.filter(~day.is_between(date(2024, 4, 1), date(2024, 4, 14))))

    gap = quality["gap"]
    assert 14 <= gap.count <= 17
    assert "2024-03-29" in gap.detail
    assert "2024-04-15" in gap.detail
    assert gap.events.size == 2


def test_window_finds_cases_cut_at_both_ends() -> None:
    whole = clean_log()
    cut = ROWS.filter(pl.col("timestamp").is_between(datetime(2024, 2, 15), datetime(2024, 5, 15)))
    log, quality = judged(cut)

    begun = set(
        whole.case_frame().filter(
            pl.col("begin") < pl.lit(datetime(2024, 2, 15)).dt.replace_time_zone("Europe/Berlin")
        )["case_id"]
    )
    unfinished = set(
        whole.case_frame().filter(pl.col("end") >= pl.lit(datetime(2024, 5, 15)).dt.replace_time_zone("Europe/Berlin"))[
            "case_id"
        ]
    )
    truth = (begun | unfinished) & set(log.case_ids)
    flagged = set(log.case_ids.gather(np.unique(log.case_of_event()[quality["window"].events])))
    assert flagged <= truth
    assert len(flagged) >= 0.9 * len(truth), "all but those cut outside the horizon"


def test_timezone_tells_missing_from_mixed() -> None:
    _, missing = judged(ROWS, offsets={"": ROWS.height}, zone_assumed=True)
    log, mixed = judged(ROWS, offsets={"": 12, "+01:00": ROWS.height - 12}, unzoned_rows=PLANTED)
    _, summer = judged(ROWS, offsets={"+02:00": 100, "+01:00": ROWS.height - 100})
    _, far = judged(ROWS, offsets={"+05:30": 100, "+01:00": ROWS.height - 100})
    _, known = judged(ROWS, offsets={"": ROWS.height}, zone_assumed=False)

    assert missing["timezone"].count == ROWS.height
    assert "nothing says otherwise" in missing["timezone"].detail
    assert found_rows(log, mixed, "timezone") == PLANTED
    assert summer["timezone"].count == known["timezone"].count == 0
    assert far["timezone"].count == 100


def test_dst_finds_the_repeated_and_the_skipped_hour() -> None:
    autumn = changed(PLANTED[:3], timestamp=pl.lit(datetime(2024, 10, 27, 2, 30), dtype=pl.Datetime("us")))
    log, quality = judged(autumn, offsets={"": ROWS.height})
    assert found_rows(log, quality, "dst") == PLANTED[:3]

    spring = changed(PLANTED[:3], timestamp=pl.lit(datetime(2024, 3, 31, 2, 30), dtype=pl.Datetime("us")))
    _, quality = judged(spring, offsets={"": ROWS.height})
    assert sorted(quality["dst"].rejected.tolist()) == PLANTED[:3]

    _, quality = judged(autumn, offsets={"+01:00": ROWS.height})
    assert "dst" in quality.not_applicable, "times with an offset are exact"


def test_a_worse_log_scores_less_and_says_why() -> None:
    few = judged(changed(PLANTED[:2], start_timestamp=pl.col("timestamp") + timedelta(minutes=5)))[1]
    many = judged(changed(PLANTED, start_timestamp=pl.col("timestamp") + timedelta(minutes=5)))[1]

    assert many.score < few.score < 100
    line = next(r.explain() for r in many.results if r.name == "reversed")
    assert line.startswith("End before start: 12 of 3,")
