"""Events from SAP change documents and accounting documents: what purchase and sales have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from hoshin.connect._sap_tables import Tables
from hoshin.log.build import to_utc

UTC_US = pl.Datetime("us", "UTC")


def at(frame: pl.DataFrame, zone: str, *pairs: tuple[str, str]) -> pl.Series:
    """The first (date, clock) of `pairs` that has a date, wall-clock in `zone`, as UTC; without a clock 00:00."""
    found = pl.Series([None] * frame.height, dtype=pl.Datetime("us"))
    for day, clock in pairs:
        time = frame[clock] if clock else pl.Series([None] * frame.height, dtype=pl.String)
        text = frame[day].dt.to_string("%Y-%m-%d") + "T" + time.fill_null("00:00:00.000000")
        one = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
        found = found.to_frame("f").select(pl.coalesce("f", one)).to_series()
    return to_utc(found, zone).cast(UTC_US).alias("timestamp")


def label(code: pl.Expr, names: Mapping[str, str]) -> pl.Expr:
    """The name for a code; null for one that has none."""
    return code.replace_strict(dict(names), default=None, return_dtype=pl.String)


def key(table: str, *columns: str) -> pl.Expr:
    """The event key: the row's identity in its table."""
    parts = [pl.col(c).cast(pl.String).fill_null("") for c in columns]
    return pl.concat_str([pl.lit(table), *parts], separator="|").alias("event_key")


def changes(tables: Tables, kind: str, documents: Sequence[str], zone: str) -> pl.DataFrame:
    """Change documents of class `kind`: document, item ("" = the header), activity, and who changed what.

    The document and item are taken from TABKEY: client, ten characters, then the item. An entry "KEY" with
    the indicator I is a creation and has the activity "+TABLE". Entries the mapping does not name are left out.
    """
    heads = tables.read(
        "CDHDR", ("OBJECTID", "OBJECTCLAS", "CHANGENR", "UDATE"), ("UTIME", "USERNAME", "TCODE"),
        {"OBJECTCLAS": [kind], "OBJECTID": documents} if documents else {"OBJECTCLAS": [kind]},
    )  # fmt: skip
    lines = tables.read(
        "CDPOS", ("OBJECTID", "OBJECTCLAS", "CHANGENR", "TABNAME", "TABKEY", "FNAME", "CHNGIND"),
        ("MANDT", "VALUE_OLD", "VALUE_NEW"),
        {"OBJECTCLAS": [kind], "OBJECTID": documents} if documents else {"OBJECTCLAS": [kind]},
    )  # fmt: skip
    names = tables.mapping.lookups.get("change", {})
    lines = lines.with_columns(
        pl.when(pl.col(v).is_in(["nan", "NULL", "0", "0.00"]))
        .then(pl.lit(""))
        .otherwise(pl.col(v).fill_null(""))
        .alias(v)
        for v in ("VALUE_OLD", "VALUE_NEW")
    )
    place = pl.concat_str("TABNAME", "FNAME", separator=".")
    old, new = pl.col("VALUE_OLD").str.len_chars(), pl.col("VALUE_NEW").str.len_chars()
    born = (pl.col("FNAME") == "KEY") & (pl.col("CHNGIND") == "I")
    activity = (
        pl.when(born).then("+" + pl.col("TABNAME"))
        .when(pl.col("CHNGIND").is_in(["I", "D"]) & ~born).then(None)
        .otherwise(
            pl.coalesce(
                pl.when(new > old).then(label(place + "+", names)),
                pl.when(new < old).then(label(place + "-", names)),
                pl.when(new == 0).then(label(place + "!", names)),
                label(place, names),
            )
        )
    )  # fmt: skip
    rest = pl.when(pl.col("TABKEY").str.starts_with(pl.col("MANDT"))).then(
        pl.col("TABKEY").str.slice(pl.col("MANDT").str.len_chars())
    ).otherwise(pl.col("TABKEY").str.slice(3))  # fmt: skip
    made = lines.with_columns(activity=activity, rest=rest).filter(pl.col("activity").is_not_null())
    made = made.join(heads.unique(["OBJECTID", "CHANGENR"]), on=["OBJECTID", "CHANGENR"], how="left")
    made = made.with_columns(
        document=pl.col("rest").str.slice(0, 10).str.strip_chars(),
        item=pl.col("rest").str.slice(10, 5 if kind == "EINKBELEG" else 6).str.strip_chars(),
        resource=pl.col("USERNAME"),
    )
    made = made.with_columns(
        at(made, zone, ("UDATE", "UTIME")),
        key("CDPOS", "OBJECTCLAS", "OBJECTID", "CHANGENR", "TABNAME", "TABKEY", "FNAME"),
    )
    return made.select(
        "document", "item", "activity", "timestamp", "resource", "event_key", transaction="TCODE",
        old_value=pl.col("VALUE_OLD").replace("", None), new_value=pl.col("VALUE_NEW").replace("", None),
    )  # fmt: skip


def clearings(
    tables: Tables, references: pl.DataFrame, origin: str, account: str, zone: str, activity: str
) -> pl.DataFrame:
    """When the `account` line (K vendor, D customer) of the accounting documents of `references` was cleared.

    `references` has `reference` (BKPF.AWKEY of documents with AWTYP `origin`) and the case columns
    `document`, `item`. The time is that of the clearing document's entry if BKPF has it, else its day.
    """
    empty = pl.DataFrame()
    if not {"BKPF", "BSEG"} <= tables.names() or references.is_empty():
        return empty
    keys = references["reference"].unique().to_list()
    posted = tables.read("BKPF", ("AWKEY", "AWTYP", "BUKRS", "BELNR", "GJAHR"), (), {"AWKEY": keys, "AWTYP": [origin]})
    posted = posted.with_columns(pl.col("AWKEY").str.strip_chars()).unique(["AWKEY", "BUKRS", "BELNR", "GJAHR"])
    if posted.is_empty():
        return empty
    lines = tables.read(
        "BSEG", ("BELNR", "BUKRS", "GJAHR", "KOART", "AUGBL"), ("AUGDT", "AUGCP"),
        {"BELNR": posted["BELNR"].unique().to_list(), "KOART": [account]},
    )  # fmt: skip
    lines = lines.filter(pl.col("AUGBL").is_not_null() & (pl.col("AUGBL") != "0000000000"))
    lines = lines.join(posted, on=["BUKRS", "BELNR", "GJAHR"], how="inner").unique(["AWKEY", "BUKRS", "AUGBL", "AUGDT"])
    if lines.is_empty():
        return empty
    payments = tables.read(
        "BKPF", ("BELNR", "BUKRS", "GJAHR"), ("CPUDT", "CPUTM", "USNAM", "TCODE"),
        {"BELNR": lines["AUGBL"].unique().to_list()},
    ).unique(["BUKRS", "BELNR", "GJAHR"])  # fmt: skip
    lines = lines.with_columns(year=pl.coalesce("AUGDT", "AUGCP").dt.year().cast(pl.String))
    lines = lines.join(
        payments, left_on=["BUKRS", "AUGBL", "year"], right_on=["BUKRS", "BELNR", "GJAHR"], how="left", suffix="_p"
    )
    made = references.unique().join(lines, left_on="reference", right_on="AWKEY", how="inner")
    made = made.with_columns(
        at(made, zone, ("CPUDT", "CPUTM"), ("AUGCP", ""), ("AUGDT", "")),
        key("BSEG", "document", "item", "BUKRS", "AUGBL", "year"),
        activity=pl.lit(activity),
        resource=pl.col("USNAM"),
    )
    made = made.unique("event_key", keep="first", maintain_order=True)
    return made.select("document", "item", "activity", "timestamp", "resource", "event_key", transaction="TCODE")
