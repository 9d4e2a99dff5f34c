"""SAP tables in every shape give the same events; real extracts give theirs."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hoshin.connect._mapping import SHIPPED
from hoshin.connect._pull import pull
from hoshin.connect.sap import Connector
from hoshin.errors import InvalidInput
from hoshin.service._arrivals import quarantine
from hoshin.service._workspace import Workspace
from tests import sap_tables as sap
from tests.conftest import shared
from tests.connect.sources import postgres_schema, postgres_url

SHAPES: dict[str, tuple[Callable[[sap.System, Path], None], dict[str, str]]] = {
    "raw": (sap.write_raw, {}),
    "parquet": (sap.write_parquet, {}),
    "us": (sap.write_us, {}),
    "german": (sap.write_german, {"decimal": ","}),
}


def pulled(source: Connector) -> pl.DataFrame:
    return pl.concat([b.frame for b in source.batches()], how="diagonal_relaxed")


def events(frame: pl.DataFrame) -> Counter[Any]:
    return Counter(zip(frame["case_id"], frame["activity"], frame["timestamp"].to_list(), frame["resource"]))


def mapping(folder: Path, extra: str = "", **top: str) -> str:
    """A copy of the shipped mapping with other settings, as a user would make it."""
    text = (SHIPPED / "sap.toml").read_text(encoding="utf-8")
    head = "".join(f'{k} = "{v}"\n' for k, v in top.items())
    path = folder / "my.toml"
    path.write_text(text.replace('attributes = "named"\n', 'attributes = "named"\n' + head) + extra, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize("process", ["p2p", "o2c"])
def test_every_shape_of_extract_gives_the_same_events(shape: str, process: str, tmp_path: Path) -> None:
    system = sap.sales(sap.purchases(sap.System(), 40), 30)
    folder = tmp_path / "extract"
    folder.mkdir()
    write, top = SHAPES[shape]
    write(system, folder)
    which = mapping(tmp_path, **top) if top else "sap"
    frame = pulled(Connector(process=process, path=str(folder), time_zone=sap.ZONE, mapping=which, documents=7))  # type: ignore[arg-type]

    assert events(frame) == Counter(getattr(system, process))
    assert frame["event_key"].n_unique() == frame.height
    if process == "p2p":
        values = frame.unique("case_id").select("currency", "net_value", "net_value_local")
        assert set(values.rows()) == {
            ("EUR", 1500.0, 1500.0), ("USD", 1500.0, 1380.0), ("SAR", 1500.0, 375.0), ("JPY", 1500.0, 900.0),
        }  # fmt: skip


@pytest.mark.parametrize("process", ["p2p", "o2c"])
def test_a_database_schema_gives_the_same_events(process: str) -> None:
    system = sap.sales(sap.purchases(sap.System(), 25), 20)
    with postgres_schema() as (engine, schema):
        with engine.connect() as connection:
            sap.write_database(system, connection, schema)
        source = Connector(process=process, url=postgres_url(), schema=schema, time_zone=sap.ZONE, documents=6)  # type: ignore[arg-type]
        frame = pulled(source)

    assert events(frame) == Counter(getattr(system, process))


def test_an_incomplete_extract_gives_what_it_has(tmp_path: Path) -> None:
    """Only EKKO, EKPO and EKBE: the creation is a day, and there are no changes and no payments."""
    system = sap.purchases(sap.System(), 12)
    system.tables = {t: system.tables[t] for t in ("EKKO", "EKPO", "EKBE")}
    sap.write_raw(system, tmp_path)
    frame = pulled(Connector(process="p2p", path=str(tmp_path), time_zone=sap.ZONE))
    gone = ("Clear invoice", "Vendor", "Change", "Delete", "Release", "Remove", "Create purchase requisition")
    expected = [e for e in system.p2p if not e[1].startswith(gone)]

    assert Counter(frame["activity"]) == Counter(e[1] for e in expected)


def test_yen_are_stored_a_hundredth(tmp_path: Path) -> None:
    system = sap.purchases(sap.System(), 4)
    sap.write_raw(system, tmp_path)
    frame = pulled(Connector(process="p2p", path=str(tmp_path), shifted=True)).filter(pl.col("currency") == "JPY")

    assert set(frame["net_value"]) == {150_000.0}


def test_goods_movements_stand_in_for_the_history(tmp_path: Path) -> None:
    system = sap.purchases(sap.System(), 10)
    for row in system.tables.pop("EKBE"):
        if row["VGABE"] == "1":
            system.add("MSEG", MBLNR=row["BELNR"], MJAHR=row["GJAHR"], ZEILE="0001", **{
                k: row[k] for k in ("EBELN", "EBELP", "BWART", "MENGE", "DMBTR", "WAERS", "SHKZG")})  # fmt: skip
            system.add(
                "MKPF",
                MBLNR=row["BELNR"],
                MJAHR=row["GJAHR"],
                CPUDT=row["CPUDT"],
                CPUTM=row["CPUTM"],
                USNAM=row["ERNAM"],
            )
    sap.write_raw(system, tmp_path)
    frame = pulled(Connector(process="p2p", path=str(tmp_path), time_zone=sap.ZONE))
    goods = ("Record goods receipt", "Reverse goods receipt", "Return delivery to vendor")

    assert events(frame.filter(pl.col("activity").is_in(goods))) == Counter(e for e in system.p2p if e[1] in goods)


def test_two_clients_must_be_told_apart(tmp_path: Path) -> None:
    system = sap.purchases(sap.System(), 3)
    for rows in system.tables.values():
        rows.extend([{**r, "MANDT": "200"} for r in rows])
    sap.write_raw(system, tmp_path)

    with pytest.raises(InvalidInput, match="clients 100, 200"):
        list(Connector(process="p2p", path=str(tmp_path)).batches())
    frame = pulled(Connector(process="p2p", path=str(tmp_path), client="100", time_zone=sap.ZONE))
    assert events(frame) == Counter(system.p2p)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no folder"):
        list(Connector(process="p2p", path=str(tmp_path / "no")).batches())
    pl.DataFrame({"A": ["1"]}).write_csv(tmp_path / "LFA1.csv")
    with pytest.raises(InvalidInput, match="neither EKPO nor EKBE nor MSEG, but LFA1"):
        list(Connector(process="p2p", path=str(tmp_path)).batches())
    with pytest.raises(InvalidInput, match="neither VBAP nor VBFA"):
        list(Connector(process="o2c", path=str(tmp_path)).batches())
    pl.DataFrame({"A": ["1"]}).write_parquet(tmp_path / "lfa1.parquet")
    with pytest.raises(InvalidInput, match="there twice"):
        list(Connector(process="o2c", path=str(tmp_path)).batches())


# --- real extracts ---------------------------------------------------------------------------------
def test_public_extract_with_us_dates_and_reciprocal_rates() -> None:
    """GBI training client: EKKO, EKPO, MKPF and MSEG; 54 lines of EKKO are empty."""
    folder = shared("erp/gbi_forensic")
    source = Connector(process="p2p", path=str(folder))
    frame = pulled(source)
    kinds = Counter(frame["activity"])

    assert (
        kinds["Create purchase order item"]
        == pl.read_csv(folder / "EKPO.csv.gz", infer_schema=False).filter(pl.col("EBELN").is_not_null()).height
    )
    assert kinds["Record goods receipt"] == 482
    assert kinds["Return delivery to vendor"] == 1
    sar = frame.filter(pl.col("currency") == "SAR").unique("case_id")
    assert (sar["net_value_local"] - sar["net_value"] / 3.7434).abs().max() < 1e-6  # type: ignore[operator]
    assert frame["timestamp"].dt.year().min() == 2016


def test_public_extract_with_headings() -> None:
    """SE16 with English headings; EKKO, EKPO and EKBE are samples that hardly overlap."""
    frame = pulled(Connector(process="p2p", path=str(shared("erp/auritas")), time_zone="America/New_York"))
    kinds = Counter(frame["activity"])

    assert kinds["Record goods receipt"] == 496
    assert kinds["Reverse goods receipt"] == 1
    first = frame.filter(pl.col("activity") == "Record goods receipt", case_id="4500000596-00001")
    assert first["timestamp"][0].isoformat() == "2020-01-22T00:33:56+00:00"
    assert first["resource"].to_list() == ["BPINST"]


def test_public_document_flow_alone(tmp_path: Path) -> None:
    """167,766 rows of VBFA, space padded, with empty dates: cases from the flow."""
    with zipfile.ZipFile(shared("erp/pm4py_VBFA.zip")) as archive:
        # The archive holds one file, a CSV that is called VBFA.zip.
        (tmp_path / "VBFA.csv").write_bytes(archive.read("VBFA.zip"))
    frame = pulled(Connector(process="o2c", path=str(tmp_path), documents=50_000))
    kinds = Counter(frame["activity"])

    assert frame["event_key"].n_unique() == frame.height
    assert frame["timestamp"].null_count() == 0
    assert kinds["Create delivery"] == 21_463  # 21,462 of orders, one of a delivery free of charge
    assert frame["case_id"].n_unique() > 15_000


def test_public_change_documents_alone(ws: Workspace) -> None:
    """5,533 delivery blocks removed, in a class and with keys of the exporter's own making."""
    source = Connector(process="o2c", path=str(shared("erp/celonis_o2c")))
    done = pull(source, "blocks", store=ws.logs, quarantine=quarantine(ws), folder=ws.root / "pulls", kind="sap")

    assert done.events + done.repeated + done.held == 5_533
    assert ws.log("blocks").activities == ("Remove delivery block",)


def test_public_extract_with_headings_of_its_own(tmp_path: Path) -> None:
    """A case study whose headings are no field labels: a mapping of one's own names them."""
    folder = shared("erp/tiny_sap_o2c")
    labels = """
[labels.LIKP]
"Delivery Number" = "VBELN"
"Delivery Date" = "ERDAT"
[labels.LIPS]
"Delivery Number" = "VBELN"
"Item Number" = "POSNR"
"Sales Item" = "VGPOS"
"Sales Document" = "VGBEL"
"""
    which = mapping(tmp_path, labels)
    text = Path(which).read_text(encoding="utf-8")
    text = text.replace("[labels.VBAK]\n", '[labels.VBAK]\n"Order Date" = "ERDAT"\n')
    text = text.replace("[labels.VBAP]\n", '[labels.VBAP]\n"Item Number" = "POSNR"\n')
    Path(which).write_text(text, encoding="utf-8")
    frame = pulled(Connector(process="o2c", path=str(folder), mapping=which))
    case = frame.filter(case_id="0001000001-000010").sort("timestamp")

    assert case["activity"].to_list() == ["Create sales order item", "Create delivery"]
    assert [t.date().isoformat() for t in case["timestamp"]] == ["2025-02-01", "2025-02-10"]
