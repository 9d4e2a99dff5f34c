"""Reading and writing CSV logs, the strange ones included."""

from __future__ import annotations

import codecs
import gzip
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.connect import csv, parquet
from hoshin.connect.rows import number, typed
from hoshin.errors import InvalidInput
from hoshin.mine.dfg import discover_dfg
from hoshin.mine.summary import summarise
from hoshin.mine.variants import discover_variants
from tests.conftest import shared

PLAIN = "case_id,activity,timestamp\n1,a,2026-01-02 10:00:00\n1,b,2026-01-02 11:00:00\nNA,a,2026-01-03 09:00:00\n"


def written(tmp_path: Path, text: str | bytes, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_case_named_na_stays_a_case(tmp_path: Path) -> None:
    log = csv.read(written(tmp_path, PLAIN)).log

    assert log.case_ids.to_list() == ["1", "NA"]
    assert log.traces() == [("a", "b"), ("a",)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiter_and_encoding_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = PLAIN.replace("b,", "Prüfung,").replace(",", delimiter)

    log = csv.read(written(tmp_path, text.encode(encoding))).log

    assert log.activities == ("a", "Prüfung")


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_compressed_files_are_read_as_they_are(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"log.csv.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(PLAIN.encode()))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("log.csv", PLAIN)

    assert csv.read(path).log.n_events == 3


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("29/2/2016 01:16", datetime(2016, 2, 29, 1, 16, tzinfo=UTC)),
        ("2/29/2016 01:16", datetime(2016, 2, 29, 1, 16, tzinfo=UTC)),
        ("29.02.2016 01:16:05", datetime(2016, 2, 29, 1, 16, 5, tzinfo=UTC)),
        ("2016-02-29T01:16:05.123", datetime(2016, 2, 29, 1, 16, 5, 123000, tzinfo=UTC)),
        ("2016-02-29T01:16:05+02:00", datetime(2016, 2, 28, 23, 16, 5, tzinfo=UTC)),
        ("2016-02-29T01:16:05Z", datetime(2016, 2, 29, 1, 16, 5, tzinfo=UTC)),
        ("2016/02/29", datetime(2016, 2, 29, tzinfo=UTC)),
        ("29-Feb-2016", datetime(2016, 2, 29, tzinfo=UTC)),
        ("02/29/2016 01:16 PM", datetime(2016, 2, 29, 13, 16, tzinfo=UTC)),
        ("20160229011605", datetime(2016, 2, 29, 1, 16, 5, tzinfo=UTC)),
    ],
)
def test_forms_of_time(tmp_path: Path, text: str, moment: datetime) -> None:
    log = csv.read(written(tmp_path, f"case_id,activity,timestamp\n1,a,{text}\n")).log

    assert log.to_frame()["timestamp"].to_list() == [moment]


def test_one_telling_date_settles_the_order_of_the_whole_column(tmp_path: Path) -> None:
    rows = "".join(f"1,a,3/4/2026 0{h}:00\n" for h in range(9))
    log = csv.read(written(tmp_path, f"case_id,activity,timestamp\n{rows}1,b,4/28/2026 00:00\n")).log

    assert log.to_frame()["timestamp"].min() == datetime(2026, 3, 4, tzinfo=UTC)


def test_an_order_that_nothing_settles_is_assumed_aloud_and_can_be_said(tmp_path: Path) -> None:
    path = written(tmp_path, "case_id,activity,timestamp\n1,a,3/4/2026 01:00\n")

    assert csv.read(path).log.to_frame()["timestamp"][0] == datetime(2026, 4, 3, 1, tzinfo=UTC)
    assert any("day first" in note for note in csv.read(path).notes)
    assert csv.read(path, day_first=False).log.to_frame()["timestamp"][0] == datetime(2026, 3, 4, 1, tzinfo=UTC)


def test_naive_times_are_read_in_the_zone_given(tmp_path: Path) -> None:
    log = csv.read(written(tmp_path, PLAIN), time_zone="Europe/Rome").log

    assert log.t_ns[0] == datetime(2026, 1, 2, 9, tzinfo=UTC).timestamp() * 1e9
    assert log.to_frame()["timestamp"][0].isoformat() == "2026-01-02T10:00:00+01:00"


def test_a_wall_clock_time_that_does_not_exist_is_set_aside(tmp_path: Path) -> None:
    text = "case_id,activity,timestamp\n1,a,2026-03-29 02:30:00\n1,b,2026-03-29 03:30:00\n"
    built = csv.read(written(tmp_path, text), time_zone="Europe/Rome")

    assert built.log.n_events == 1
    assert built.rejected.select("source_row", "timestamp").rows() == [(0, "2026-03-29 02:30:00")]


def test_bad_rows_are_set_aside_with_their_text_and_the_rows_reconcile(tmp_path: Path) -> None:
    text = PLAIN + ",a,2026-01-04 10:00:00\n2,,2026-01-04 10:00:00\n2,a,yesterday\n2,b,2026-01-04 10:00:00,extra\n"
    built = csv.read(written(tmp_path, text))

    assert built.rejected["source_row"].to_list() == [3, 4, 5, 6]
    assert built.rejected["timestamp"][2] == "yesterday"
    assert "5 fields" not in built.rejected["reason"][3]
    assert "line 8 has 4 fields, the header 3" in built.rejected["reason"][3]
    assert built.log.n_events + built.rejected.height == 7


def test_costs_with_a_decimal_comma(tmp_path: Path) -> None:
    text = "case_id;activity;timestamp;cost\n1;a;2026-01-02;1.234,50\n1;b;2026-01-03;7\n"
    log = csv.read(written(tmp_path, text)).log

    assert log.cost is not None
    assert log.cost.tolist() == [1234.5, 7.0]


def test_typed_keeps_keys_as_text() -> None:
    assert typed(pl.Series(["00123", "00456"]), "").dtype == pl.String
    assert typed(pl.Series(["1", "2", None]), "").to_list() == [1, 2, None]
    assert typed(pl.Series(["1.5", "2"]), "").to_list() == [1.5, 2.0]
    assert typed(pl.Series(["true", "False"]), "").to_list() == [True, False]
    assert typed(pl.Series(["1,5", "2"]), "").to_list() == [1.5, 2.0]
    assert typed(pl.Series(["1"] * 200 + ["x"]), "").dtype == pl.String


@given(st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 2)), st.sampled_from(",."))
def test_number_reads_what_a_locale_writes(value: float, decimal: str) -> None:
    text = f"{value:,.2f}"
    if decimal == ",":
        text = text.translate(str.maketrans(",.", ".,"))

    assert number(pl.Series([text]), decimal).to_list() == [pytest.approx(value)]


def test_columns_are_guessed_by_content_when_names_say_nothing(tmp_path: Path) -> None:
    rows = "".join(f"k{i // 4},step{i % 4},2026-01-{i % 27 + 1:02d} 10:00\n" for i in range(200))
    built = csv.read(written(tmp_path, f"x,y,z\n{rows}"))

    assert built.log.n_cases == 50
    assert len(built.log.activities) == 4


def test_an_attribute_may_bear_the_name_of_a_role(tmp_path: Path) -> None:
    text = "number,status,when,activity\n1,a,2026-01-02,x\n1,b,2026-01-03,y\n"
    log = csv.read(
        written(tmp_path, text), columns={"case_id": "number", "activity": "status", "timestamp": "when"}
    ).log

    assert log.activities == ("a", "b")
    assert log.events["activity_"].to_list() == ["x", "y"]


ERRORS = {
    "csv.empty": b"case_id,activity,timestamp\n",
    "file.empty": b"",
    "csv.binary": b"\x00\x01\x02\x03 case_id,activity\n",
    "csv.header": b"case_id,activity,activity,timestamp\n1,a,b,2026-01-01\n",
    "csv.delimiter": b"hello\nworld\n",
    "csv.line": b"case_id,activity,timestamp" + b"x" * (10 << 20),
    "columns.none": b"colour,shade\nred,dark\n",
    "time.format": b"case_id,activity,timestamp\n1,a,next week\n",
    "time.mixed": b"case_id,activity,timestamp\n1,a,29/2/2016\n1,b,2/28/2016\n",
    "time.mixed_zones": b"case_id,activity,timestamp\n1,a,2026-01-01T10:00:00Z\n1,b,2026-01-01T10:00:00\n",
    "columns.number": b"case_id,activity,timestamp,cost\n1,a,2026-01-01,1\n"
    + b"1,a,2026-01-01,1\n" * 300
    + b"1,a,2026-01-01,x\n",
    "csv.quotes": b'case_id,activity,timestamp\n1,a,2026-01-01,4\n1,"b,2026-01-01\n',
}


@pytest.mark.parametrize("code", ERRORS)
def test_a_bad_file_is_refused_with_place_and_remedy(tmp_path: Path, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        csv.read(written(tmp_path, ERRORS[code]))

    assert caught.value.code == code
    assert caught.value.hint


def test_a_form_that_does_not_fit_shows_the_row(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="row 1: '2026-01-02 10:00:00'") as caught:
        csv.read(written(tmp_path, PLAIN), timestamp_format="%d.%m.%Y")
    assert caught.value.code == "time.value"


def test_damage_and_absence_are_told_apart(tmp_path: Path) -> None:
    whole = gzip.compress(PLAIN.encode() * 1000)
    for data, code in [(whole[: len(whole) // 2], "file.compressed"), (b"PK\x03\x04garbage", "file.compressed")]:
        with pytest.raises(InvalidInput) as caught:
            csv.read(written(tmp_path, data, "log.csv.gz"))
        assert caught.value.code == code
    with pytest.raises(InvalidInput) as caught:
        csv.read(tmp_path / "nowhere.csv")
    assert caught.value.code == "file.none"
    with pytest.raises(InvalidInput) as caught:
        csv.read(written(tmp_path, codecs.BOM_UTF8 + b"case_id,activity\xff,t\n1,a,2026-01-01\n"), encoding="utf-8")
    assert caught.value.code == "csv.decode"


def test_an_unknown_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'activity'"):
        csv.read(written(tmp_path, PLAIN), columns={"activity": "activty"})


@given(st.data())
def test_any_bytes_give_a_log_or_a_clear_error(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Cut, flip or insert anywhere: never a crash of another kind."""
    text = bytearray(PLAIN.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text) - 1))
        match data.draw(st.sampled_from(["cut", "set", "insert"])):
            case "cut" if len(text) > 2:
                del text[at:]
            case "set":
                text[at] = data.draw(st.integers(0, 255))
            case _:
                text[at:at] = data.draw(st.binary(max_size=4) | st.sampled_from([b'"', b"\n", b",", b"\r"]))
        if not text:
            break
    path = tmp_path_factory.mktemp("fuzz") / "log.csv"
    path.write_bytes(bytes(text))

    try:
        log: object = csv.read(path).log
    except InvalidInput as error:
        log = error.hint

    assert log, "a log with events, or a remedy"


@pytest.mark.parametrize("module", [csv, parquet])
def test_a_round_trip_keeps_everything(tmp_path: Path, module: object) -> None:
    text = (
        "case_id,activity,timestamp,start_timestamp,resource,lifecycle,cost,colour,size\n"
        "2,b,2026-01-02 10:00:00,2026-01-02 09:00:00,ann,complete,1.5,red,7\n"
        "2,a,2026-01-02 09:00:00,,bob,complete,,red,8\n"
        "NA,a,2026-07-02 09:00:00.25,,,start,3,blue,\n"
    )
    log = csv.read(written(tmp_path, text), time_zone="Europe/Rome", currency="EUR").log
    path = tmp_path / ("out.csv.gz" if module is csv else "out.parquet")
    module.write(log, path)  # type: ignore[attr-defined]
    again = module.read(path, time_zone="Europe/Rome", currency="EUR", case_columns=["case:colour"]).log  # type: ignore[attr-defined]

    assert again.to_frame().equals(log.to_frame())
    assert again.cases.rename({"case:colour": "colour"}).equals(log.cases)


def test_servicenow_incidents() -> None:
    """The log that ships: day-first dates, '?' for missing, a state called '-100'."""
    file = Path(csv.__file__).parents[1] / "data" / "incidents.zip"
    log = csv.read(file, columns={"case_id": "number", "activity": "incident_state"}, missing=["?"]).log

    assert (log.n_cases, log.n_events, len(log.activities)) == (24918, 141712, 9)
    assert len(discover_variants(log)) == 2080
    assert "-100" in log.activities
    assert summarise(log).dfg_total == 141712 - 24918


def test_purchasing_example() -> None:
    log = csv.read(shared("logs/PurchasingExample_Fluxicon.csv.gz")).log

    assert (log.n_cases, log.n_events, len(log.activities), len(discover_variants(log))) == (608, 9119, 21, 70)
    assert log.start_ns is not None
    assert discover_dfg(log).frequency.sum() == 9119 - 608
