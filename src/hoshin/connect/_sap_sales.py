"""Order to cash from SAP tables: one case per sales order item, from its creation to the payment.

VBAK/VBAP give the item, VBFA the documents that follow it (directly or through a delivery), CDHDR/CDPOS
blocks and changes, LIKP/LIPS and VBRK who made deliveries and invoices, BKPF/BSEG the payment.
Source: SAP data dictionary of these tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from hoshin.connect._sap_events import at, changes, clearings, key, label
from hoshin.connect._sap_tables import Tables
from hoshin.errors import InvalidInput

CASE = ["document", "item"]
# Document categories that start a case: order, order free of charge, scheduling agreement.
ORDERS = ("C", "I", "E")
INVOICES = ("M", "O", "P")


def documents(tables: Tables) -> list[str]:
    """Every sales order, in order: from VBAP, else VBFA, else the change documents."""
    if "VBAP" in tables.names():
        found = tables.read("VBAP", ("VBELN", "POSNR"))["VBELN"]
    elif "VBFA" in tables.names():
        found = tables.read("VBFA", ("VBELV", "VBTYP_V"), (), {"VBTYP_V": ORDERS})["VBELV"]
    elif {"CDHDR", "CDPOS"} <= tables.names():
        both = [changes(tables, kind, (), "UTC")["document"] for kind in ("VERKBELEG", "BELEG")]
        found = pl.concat(both)
    else:
        raise InvalidInput(
            "connect.sap_table", f"There is neither VBAP nor VBFA, but {', '.join(sorted(tables.names()))}.",
            hint="Extract at least VBAK, VBAP and VBFA; the file's name is the table's.",
        )  # fmt: skip
    return sorted(set(found.to_list()))


def events(tables: Tables, orders: Sequence[str], zone: str) -> pl.DataFrame:
    """Canonical rows of the sales orders `orders`."""
    changed = _changes(tables, orders, zone)
    flow = _flow(tables, orders)
    items = _items(tables, orders, flow, changed)
    followed = _followed(tables, flow, zone)
    parts = [_created(items, zone), _changed(items, changed), followed, _deliveries(tables, items, zone)]
    bills = flow.filter(pl.col("VBTYP_N").is_in(INVOICES)).select(*CASE, reference="VBELN").unique()
    parts.append(clearings(tables, bills, "VBRK", "D", zone, "Receive payment"))
    made = pl.concat([p for p in parts if p.width], how="diagonal_relaxed")
    made = made.join(items.drop("created_on", "created_at", "created_by"), on=CASE, how="left")
    named = pl.when(pl.col("item") == "").then(pl.col("document")).otherwise(pl.concat_str(CASE, separator="-"))
    return made.with_columns(case_id=named).drop("item").rename({"document": "sales_order"})


def _items(tables: Tables, orders: Sequence[str], flow: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    head = tables.read(
        "VBAK", ("VBELN",), ("ERDAT", "ERZET", "ERNAM", "AUART", "VKORG", "VTWEG", "KUNNR", "WAERK"), {"VBELN": orders}
    ).unique("VBELN")
    lines = tables.read(
        "VBAP", ("VBELN", "POSNR"), ("ERDAT", "ERZET", "ERNAM", "MATNR", "WERKS", "KWMENG", "NETWR", "WAERK", "ABGRU"),
        {"VBELN": orders},
    ).unique(["VBELN", "POSNR"], maintain_order=True)  # fmt: skip
    if "VBAP" not in tables.names():
        seen = flow.select(VBELN="document", POSNR="item").unique(maintain_order=True)
        if seen.is_empty():
            seen = changed.select(VBELN="document", POSNR="item").unique(maintain_order=True)
        lines = pl.concat([lines, seen], how="diagonal_relaxed")
    joined = lines.join(head, on="VBELN", how="left", suffix="_head")
    factor = label(pl.coalesce("WAERK", "WAERK_head"), tables.mapping.lookups.get("shift", {})).cast(pl.Float64)
    return joined.select(
        document="VBELN", item="POSNR", created_on=pl.coalesce("ERDAT", "ERDAT_head"),
        created_at=pl.when(pl.col("ERDAT").is_not_null()).then("ERZET").otherwise("ERZET_head"),
        created_by=pl.coalesce("ERNAM", "ERNAM_head"), customer="KUNNR", order_type="AUART", sales_org="VKORG",
        channel="VTWEG", material="MATNR", plant="WERKS", ordered="KWMENG",
        net_value=pl.col("NETWR") * factor.fill_null(1.0), currency=pl.coalesce("WAERK", "WAERK_head"),
        rejected=pl.col("ABGRU").is_not_null(),
    )  # fmt: skip


def _created(items: pl.DataFrame, zone: str) -> pl.DataFrame:
    known = items.filter(pl.col("created_on").is_not_null())
    return known.with_columns(at(known, zone, ("created_on", "created_at"))).select(
        *CASE, "timestamp", activity=pl.lit("Create sales order item"), resource="created_by",
        event_key=pl.concat_str(pl.lit("VBAP"), *CASE, separator="|"),
    )  # fmt: skip


def _changes(tables: Tables, orders: Sequence[str], zone: str) -> pl.DataFrame:
    """Changes of orders; some extracts name the class BELEG and the object as they like."""
    found = changes(tables, "VERKBELEG", orders, zone)
    if found.is_empty() and "VBAP" not in tables.names():
        found = changes(tables, "BELEG", (), zone)
    return found.filter(pl.col("document").is_in(list(orders)))


def _changed(items: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    real = changed.filter(~pl.col("activity").str.starts_with("+"))
    head = real.filter(pl.col("item").is_in(["", "000000"])).drop("item")
    own = real.filter(~pl.col("item").is_in(["", "000000"])).with_columns(pl.col("item").str.zfill(6))
    spread = head.join(items.select(CASE), on="document", how="inner")
    spread = spread.with_columns(event_key=pl.concat_str("event_key", "item", separator="|"))
    return pl.concat([own.join(items.select(CASE), on=CASE, how="semi"), spread], how="diagonal_relaxed")


def _flow(tables: Tables, orders: Sequence[str]) -> pl.DataFrame:
    """Documents that follow each order item: directly, and through its deliveries. One row each."""
    wanted = ("RFMNG", "RFWRT", "WAERS", "ERDAT", "ERZET", "BWART", "PLMIN")
    needed = ("VBELV", "POSNV", "VBELN", "POSNN", "VBTYP_N", "VBTYP_V")
    first = tables.read("VBFA", needed, wanted, {"VBELV": orders, "VBTYP_V": ORDERS})
    first = first.with_columns(document="VBELV", item="POSNV")
    sent = first.filter(pl.col("VBTYP_N").is_in(["J", "T"])).select(*CASE, "VBELN", "POSNN").unique()
    if sent.is_empty():
        return first.select(*CASE, *needed, *wanted)
    after = tables.read("VBFA", needed, wanted, {"VBELV": sent["VBELN"].unique().to_list(), "VBTYP_V": ["J", "T"]})
    after = after.join(sent, left_on=["VBELV", "POSNV"], right_on=["VBELN", "POSNN"], how="inner")
    both = pl.concat([first, after], how="diagonal_relaxed").select(*CASE, *needed, *wanted)
    # The order often knows its invoice both directly and through the delivery.
    return both.unique([*CASE, "VBELN", "POSNN", "VBTYP_N"], keep="first", maintain_order=True)


def _followed(tables: Tables, flow: pl.DataFrame, zone: str) -> pl.DataFrame:
    names = tables.mapping.lookups["document"]
    rows = flow.with_columns(activity=label(pl.col("VBTYP_N"), names)).filter(pl.col("activity").is_not_null())
    authors = [
        tables.read(t, ("VBELN",), ("ERNAM",), {"VBELN": rows["VBELN"].unique().to_list()}).unique("VBELN")
        for t in ("LIKP", "VBRK")
    ]
    rows = rows.join(pl.concat(authors).unique("VBELN"), on="VBELN", how="left")
    rows = rows.with_columns(
        at(rows, zone, ("ERDAT", "ERZET")), key("VBFA", *CASE, "VBELN", "POSNN", "VBTYP_N"), resource="ERNAM"
    )
    return rows.select(
        *CASE, "activity", "timestamp", "resource", "event_key", quantity="RFMNG", amount="RFWRT",
        amount_currency="WAERS", following="VBELN",
    )  # fmt: skip


def _deliveries(tables: Tables, items: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Deliveries by their own lines, for extracts without the document flow."""
    if "VBFA" in tables.names() or not {"LIKP", "LIPS"} <= tables.names():
        return pl.DataFrame()
    lines = tables.read(
        "LIPS", ("VBELN", "POSNR", "VGBEL", "VGPOS"), (), {"VGBEL": items["document"].unique().to_list()}
    )
    heads = tables.read("LIKP", ("VBELN",), ("ERDAT", "ERZET", "ERNAM", "WADAT_IST"))
    rows = lines.join(heads.unique("VBELN"), on="VBELN", how="left").rename({"VGBEL": "document", "VGPOS": "item"})
    made = rows.with_columns(at(rows, zone, ("ERDAT", "ERZET")), key("LIPS", "VBELN", "POSNR"), resource="ERNAM")
    made = made.with_columns(activity=pl.lit("Create delivery"))
    gone = rows.filter(pl.col("WADAT_IST").is_not_null())
    gone = gone.with_columns(at(gone, zone, ("WADAT_IST", "")), key("LIKP", "VBELN", "POSNR"), resource=pl.lit(None))
    gone = gone.with_columns(activity=pl.lit("Post goods issue"))
    both = pl.concat([made, gone], how="diagonal_relaxed").join(items.select(CASE), on=CASE, how="semi")
    return both.select(*CASE, "activity", "timestamp", "resource", "event_key", following="VBELN")
