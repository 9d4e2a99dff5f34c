"""Purchase to pay from SAP tables: one case per purchase order item, from requisition to cleared invoice.

EKKO/EKPO give the item, CDHDR/CDPOS its changes and releases, EKBE (or MKPF/MSEG where it is missing) goods
and invoices, RBKP the vendor's date, BKPF/BSEG the payment. Source: SAP data dictionary of these tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hoshin.connect._sap_events import at, changes, clearings, key, label
from hoshin.connect._sap_tables import Tables
from hoshin.errors import InvalidInput

CASE = ["document", "item"]


def documents(tables: Tables) -> list[str]:
    """Every purchase order that has an item, in order."""
    held = [t for t in ("EKPO", "EKBE", "MSEG") if t in tables.names()]
    if not held:
        raise InvalidInput(
            "connect.sap_table", f"There is neither EKPO nor EKBE nor MSEG, but {', '.join(sorted(tables.names()))}.",
            hint="Extract at least EKKO, EKPO and EKBE; the file's name is the table's.",
        )  # fmt: skip
    found: set[str] = set()
    for table in held:
        found |= set(tables.read(table, ("EBELN", "EBELP"))["EBELN"].to_list())
    return sorted(found)


def events(tables: Tables, orders: Sequence[str], zone: str) -> pl.DataFrame:
    """Canonical rows of the purchase orders `orders`."""
    items = _items(tables, orders)
    changed = changes(tables, "EINKBELEG", orders, zone)
    parts = [_created(items, changed, zone), _changed(items, changed), _requisitions(tables, items, zone)]
    goods, invoices = _history(tables, orders, zone)
    parts += [goods, invoices.drop("reference"), _vendor_dates(tables, invoices, zone), _blocks(tables, invoices, zone)]
    references = invoices.filter(pl.col("reference").is_not_null()).select(*CASE, "reference")
    parts.append(clearings(tables, references, "RMRP", "K", zone, "Clear invoice"))
    made = pl.concat([p for p in parts if p.width], how="diagonal_relaxed")
    made = made.join(items.drop("created_on", "created_by", "BANFN", "BNFPO"), on=CASE, how="left")
    return (
        made.with_columns(case_id=pl.concat_str(CASE, separator="-"))
        .drop("item")
        .rename({"document": "purchase_order"})
    )


def _items(tables: Tables, orders: Sequence[str]) -> pl.DataFrame:
    head = tables.read(
        "EKKO", ("EBELN", "AEDAT"), ("ERNAM", "BSART", "BUKRS", "LIFNR", "EKORG", "EKGRP", "WAERS", "WKURS"),
        {"EBELN": orders},
    ).unique("EBELN")  # fmt: skip
    lines = tables.read(
        "EKPO", ("EBELN", "EBELP"), ("MATNR", "MATKL", "WERKS", "MENGE", "MEINS", "NETWR", "LOEKZ", "BANFN", "BNFPO"),
        {"EBELN": orders},
    ).unique(["EBELN", "EBELP"], maintain_order=True)  # fmt: skip
    joined = lines.join(head, on="EBELN", how="left")
    factor = label(pl.col("WAERS"), tables.mapping.lookups.get("shift", {})).cast(pl.Float64).fill_null(1.0)
    return joined.select(
        document="EBELN", item="EBELP", created_on="AEDAT", created_by="ERNAM", BANFN="BANFN", BNFPO="BNFPO",
        vendor="LIFNR", company="BUKRS", purchasing_org="EKORG", purchasing_group="EKGRP", order_type="BSART",
        material="MATNR", material_group="MATKL", plant="WERKS", ordered="MENGE", unit="MEINS", currency="WAERS",
        net_value=pl.col("NETWR") * factor, net_value_local=pl.col("NETWR") * factor * pl.col("WKURS"),
        deleted=pl.col("LOEKZ").is_not_null(),
    )  # fmt: skip


def _created(items: pl.DataFrame, changed: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Creation: the moment of the item's own insert, else the header's, else the day in EKKO."""
    born = changed.select("document", "item", "activity", "timestamp", "resource", "transaction").sort("timestamp")
    own = born.filter(pl.col("activity") == "+EKPO").unique(CASE, keep="first", maintain_order=True)
    head = born.filter(pl.col("activity") == "+EKKO").unique("document", keep="first", maintain_order=True)
    made = items.join(own.drop("activity"), on=CASE, how="left")
    made = made.join(head.drop("item", "activity"), on="document", how="left", suffix="_head")
    day = at(made, zone, ("created_on", ""))
    return made.select(
        *CASE, activity=pl.lit("Create purchase order item"),
        timestamp=pl.coalesce("timestamp", "timestamp_head", day),
        resource=pl.coalesce("resource", "resource_head", "created_by"),
        transaction=pl.coalesce("transaction", "transaction_head"),
        event_key=pl.concat_str(pl.lit("EKPO"), *CASE, separator="|"),
    )  # fmt: skip


def _changed(items: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """Changes of the item, and those of the header for each of its items."""
    real = changed.filter(~pl.col("activity").str.starts_with("+"))
    own = real.filter(pl.col("item") != "").with_columns(pl.col("item").str.zfill(5))
    head = real.filter(pl.col("item") == "").drop("item").join(items.select(CASE), on="document", how="inner")
    head = head.with_columns(event_key=pl.concat_str("event_key", "item", separator="|"))
    return pl.concat([own.join(items.select(CASE), on=CASE, how="semi"), head], how="diagonal_relaxed")


def _requisitions(tables: Tables, items: pl.DataFrame, zone: str) -> pl.DataFrame:
    wanted = items.filter(pl.col("BANFN").is_not_null())
    if "EBAN" not in tables.names() or wanted.is_empty():
        return pl.DataFrame()
    asked = tables.read("EBAN", ("BANFN", "BNFPO", "BADAT"), ("ERNAM",), {"BANFN": wanted["BANFN"].unique().to_list()})
    made = wanted.select(*CASE, "BANFN", "BNFPO").join(asked.unique(["BANFN", "BNFPO"]), on=["BANFN", "BNFPO"])
    made = made.with_columns(at(made, zone, ("BADAT", "")), key("EBAN", "BANFN", "BNFPO", *CASE))
    return made.select(
        *CASE, "timestamp", "event_key", activity=pl.lit("Create purchase requisition"), resource="ERNAM"
    )


def _history(tables: Tables, orders: Sequence[str], zone: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(goods, invoices) of the purchase order history. Invoices have `reference`, the key of their accounting."""
    look = tables.mapping.lookups
    rows = tables.read(
        "EKBE", ("EBELN", "EBELP", "VGABE", "GJAHR", "BELNR"),
        ("BUZEI", "ZEKKN", "BWART", "SHKZG", "BUDAT", "CPUDT", "CPUTM", "ERNAM", "MENGE", "DMBTR", "WRBTR", "WAERS"),
        {"EBELN": orders},
    )  # fmt: skip
    if "EKBE" not in tables.names():
        rows = _movements(tables, orders, rows)
    rows = rows.with_columns(
        at(rows, zone, ("CPUDT", "CPUTM"), ("BUDAT", "")),
        key("EKBE", "EBELN", "EBELP", "VGABE", "GJAHR", "BELNR", "BUZEI"),
        activity=pl.when(pl.col("VGABE").is_in(["1", "6", "7", "8"]))
        .then(label(pl.col("BWART"), look["movement"]))
        .otherwise(label(pl.col("VGABE") + pl.coalesce("SHKZG", pl.lit("S")), look["history"])),
    ).filter(pl.col("activity").is_not_null())
    # One line per account assignment (ZEKKN) is one receipt with several accounts.
    rows = rows.unique("event_key", keep="first", maintain_order=True)
    made = rows.select(
        "activity", "timestamp", "event_key", "VGABE", document="EBELN", item="EBELP", resource="ERNAM",
        quantity="MENGE", amount="WRBTR", amount_currency="WAERS", amount_local="DMBTR", posting=pl.col("BELNR"),
        reference=pl.when(pl.col("VGABE") == "2").then(pl.col("BELNR") + pl.col("GJAHR")),
    )  # fmt: skip
    bills = pl.col("VGABE").is_in(["2", "3", "P"])
    return made.filter(~bills).drop("VGABE", "reference"), made.filter(bills).drop("VGABE")


def _movements(tables: Tables, orders: Sequence[str], like: pl.DataFrame) -> pl.DataFrame:
    """Goods movements from MKPF and MSEG in the shape of EKBE, for extracts without it."""
    lines = tables.read(
        "MSEG", ("EBELN", "EBELP", "MBLNR", "MJAHR", "BWART"), ("ZEILE", "MENGE", "DMBTR", "WAERS", "SHKZG"),
        {"EBELN": orders},
    )  # fmt: skip
    heads = tables.read(
        "MKPF", ("MBLNR", "MJAHR"), ("CPUDT", "CPUTM", "BUDAT", "USNAM"), {"MBLNR": lines["MBLNR"].unique().to_list()}
    )
    rows = lines.join(heads.unique(["MBLNR", "MJAHR"]), on=["MBLNR", "MJAHR"], how="left")
    rows = rows.rename({"MBLNR": "BELNR", "MJAHR": "GJAHR", "ZEILE": "BUZEI", "USNAM": "ERNAM"})
    return pl.concat([like, rows.with_columns(VGABE=pl.lit("1"))], how="diagonal_relaxed")


def _vendor_dates(tables: Tables, invoices: pl.DataFrame, zone: str) -> pl.DataFrame:
    """The date on the vendor's invoice (RBKP.BLDAT), a day."""
    billed = invoices.filter(pl.col("reference").is_not_null() & (pl.col("activity") == "Record invoice receipt"))
    if "RBKP" not in tables.names() or billed.is_empty():
        return pl.DataFrame()
    heads = tables.read("RBKP", ("BELNR", "GJAHR", "BLDAT"), (), {"BELNR": billed["posting"].unique().to_list()})
    heads = heads.select("BLDAT", reference=pl.col("BELNR") + pl.col("GJAHR")).unique("reference")
    made = billed.select(*CASE, "reference").unique().join(heads, on="reference")
    made = made.with_columns(at(made, zone, ("BLDAT", "")), key("RBKP", "reference", *CASE))
    return made.select(*CASE, "timestamp", "event_key", activity=pl.lit("Vendor issues invoice"))


def _blocks(tables: Tables, invoices: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Payment blocks set and removed: changes of the accounting document of an invoice (object class BELEG)."""
    billed = invoices.filter(pl.col("reference").is_not_null()).select(*CASE, "reference").unique()
    if not {"BKPF", "CDPOS", "CDHDR"} <= tables.names() or billed.is_empty():
        return pl.DataFrame()
    posted = tables.read(
        "BKPF", ("AWKEY", "AWTYP", "BUKRS", "BELNR", "GJAHR"), ("MANDT",),
        {"AWKEY": billed["reference"].unique().to_list(), "AWTYP": ["RMRP"]},
    )  # fmt: skip
    posted = posted.select(
        reference=pl.col("AWKEY").str.strip_chars(),
        document_key=pl.concat_str(pl.col("MANDT").fill_null(""), pl.col("BUKRS").str.pad_end(4), "BELNR", "GJAHR"),
    ).unique()
    found = changes(tables, "BELEG", posted["document_key"].to_list(), zone) if posted.height else pl.DataFrame()
    if found.is_empty():
        return pl.DataFrame()
    found = found.with_columns(document_key=pl.col("event_key").str.split("|").list.get(2)).drop(CASE)
    made = found.join(posted, on="document_key").join(billed, on="reference")
    return made.with_columns(event_key=pl.concat_str("event_key", *CASE, separator="|")).drop(
        "document_key", "reference"
    )
