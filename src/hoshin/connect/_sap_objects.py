"""SAP documents as objects: orders, items, receipts, deliveries, invoices, payments, and the events they share.

The case logs repeat an event for every item it concerns; its key names the rows of SAP it comes from. Here the part
of the key that names the document makes the repetitions one event again, related to all its items and documents.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from hoshin.log.ocel_build import OcelParts, part_of

# Per table of an event key: positions (after the table) that name the document, and those that name its object.
DOCUMENT: Mapping[str, tuple[int, ...]] = {
    "EKPO": (0, 1), "VBAP": (0, 1), "CDPOS": (0, 1, 2, 3, 4, 5), "EBAN": (0, 1), "EKBE": (2, 3, 4), "RBKP": (0,),
    "BSEG": (2, 3, 4), "VBFA": (2, 4), "LIPS": (0,), "LIKP": (0,),
}  # fmt: skip
OBJECT: Mapping[str, tuple[int, ...]] = {
    "EBAN": (0, 1), "EKBE": (4, 3), "RBKP": (0,), "BSEG": (3, 4), "VBFA": (2,), "LIPS": (0,), "LIKP": (0,)
}  # fmt: skip
# Object types: by table, and where one table holds several, by the code at a position (VGABE, VBTYP_N).
TYPE = {"EBAN": "purchase requisition", "RBKP": "invoice", "BSEG": "payment", "LIPS": "delivery", "LIKP": "delivery"}
CODED = {
    "EKBE": (2, {"2": "invoice", "3": "invoice", "P": "invoice"}, "goods receipt"),
    "VBFA": (4, {"J": "delivery", "T": "delivery", "M": "invoice", "N": "invoice", "O": "invoice", "P": "invoice",
                 "5": "invoice", "6": "invoice", "S": "invoice", "R": "goods movement", "h": "goods movement",
                 "Q": "picking"}, "document"),
}  # fmt: skip
# What the case logs say of an item; every other column is of the event.
ITEM = (
    "vendor", "customer", "company", "purchasing_org", "purchasing_group", "sales_org", "channel", "order_type",
    "material", "material_group", "plant", "ordered", "unit", "currency", "net_value", "net_value_local", "deleted",
    "rejected",
)  # fmt: skip
KIND: dict[type[pl.DataType], str] = {pl.Float64: "float", pl.Int64: "integer", pl.Boolean: "boolean"}
GROUP = ("document", "activity", "timestamp", "resource")


def object_parts(rows: pl.DataFrame) -> OcelParts:
    """The object-centric log of canonical rows (those of `sap.Connector.batches`) of one process.

    Rows of one document with one activity, time and user are one event; an attribute on which they differ (the
    quantity of a receipt over several items) is left out. An event is related to its items, their order, and its
    own document. Relations between objects: order to item, item to each document that follows it.
    """
    order = "purchase_order" if "purchase_order" in rows.columns else "sales_order"
    noun = order.replace("_", " ")
    keys = rows["event_key"].str.split("|")
    placed = rows.with_columns(
        document=_of(keys, DOCUMENT).alias("document"),
        object=_object_ids(keys).alias("object"),
        object_type=_object_types(keys).alias("object_type"),
    )
    number = placed.select(pl.struct(GROUP).rank("dense").alias("event")).to_series()
    placed = placed.with_columns(event=number)
    events = placed.unique("event", keep="first", maintain_order=True)
    repeat = events.select(pl.col("document").cum_count().over("document").alias("n")).to_series()
    name = events["document"] + pl.Series([f"#{n}" if n > 1 else "" for n in repeat.to_list()], dtype=pl.String)
    placed = placed.join(events.select("event", id=name), on="event", how="left", maintain_order="left")
    of_case = placed.filter(pl.col("case_id") != pl.col(order)) if placed.height else placed
    documents = placed.filter(pl.col("object").is_not_null())
    related = [
        placed.select(event="id", object=order, qualifier=pl.lit(noun)),
        of_case.select(event="id", object="case_id", qualifier=pl.lit(f"{noun} item")),
        documents.select(event="id", object="object", qualifier="object_type"),
    ]
    objects = [
        placed.select(id=order, type=pl.lit(noun)),
        of_case.select(id="case_id", type=pl.lit(f"{noun} item")),
        documents.select(id="object", type="object_type"),
    ]
    links = [
        of_case.select(source=order, target="case_id", qualifier=pl.lit("has item")),
        documents.select(source="case_id", target="object", qualifier=pl.lit("is followed by")),
    ]
    time = events["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    return OcelParts(
        pl.DataFrame({"id": name, "type": events["activity"], "time": time}),
        _distinct(objects),
        _distinct(related),
        _distinct(links),
        _event_values(placed, order),
        _item_values(placed),
    )


def _distinct(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames).unique(maintain_order=True)


def _of(keys: pl.Series, places: Mapping[str, tuple[int, ...]]) -> pl.Series:
    """The table and the named positions of each key, joined by '|'; null for a table that `places` lacks."""

    def one(key: list[str]) -> str | None:
        found = places.get(key[0])
        return None if found is None else "|".join([key[0], *(key[1 + k] for k in found)])

    return pl.Series([one(key) for key in keys.to_list()], dtype=pl.String)


def _object_ids(keys: pl.Series) -> pl.Series:
    """The number of the document, with its year where it has one; the type in front, as numbers are only unique
    within it. The invoice of RBKP is that of EKBE: number, then year."""

    def one(key: list[str], kind: str | None) -> str | None:
        if kind is None:
            return None
        parts = [key[1 + k] for k in OBJECT[key[0]]]
        return f"{kind} {''.join(parts) if key[0] in ('EKBE', 'RBKP') else '-'.join(parts)}"

    types = _object_types(keys).to_list()
    return pl.Series([one(key, kind) for key, kind in zip(keys.to_list(), types)], dtype=pl.String)


def _object_types(keys: pl.Series) -> pl.Series:
    def one(key: list[str]) -> str | None:
        if key[0] in CODED:
            place, names, other = CODED[key[0]]
            return names.get(key[1 + place], other)
        return TYPE.get(key[0])

    return pl.Series([one(key) for key in keys.to_list()], dtype=pl.String)


def _kind(column: pl.Series) -> str:
    return next((name for dtype, name in KIND.items() if column.dtype == dtype), "string")


def _event_values(placed: pl.DataFrame, order: str) -> pl.DataFrame:
    """Attributes on which all rows of an event agree; `resource` is one."""
    known = {"event", "id", "object", "object_type", "document", "case_id", "activity", "timestamp", "event_key",
             "source_row", order, *ITEM}  # fmt: skip
    made = [part_of("event_values", [])]
    for column in (c for c in placed.columns if c not in known):
        agreed = placed.group_by("id", maintain_order=True).agg(
            pl.col(column).drop_nulls().first().alias("value"), pl.col(column).n_unique().alias("n")
        )
        agreed = agreed.filter((pl.col("n") == 1) & pl.col("value").is_not_null())
        made.append(
            agreed.select(
                event="id",
                attribute=pl.lit(column),
                value=pl.col("value").cast(pl.String),
                kind=pl.lit(_kind(placed[column])),
            )
        )
    return pl.concat(made)


def _item_values(placed: pl.DataFrame) -> pl.DataFrame:
    items = placed.unique("case_id", keep="first", maintain_order=True)
    made = [part_of("object_values", [])]
    for column in (c for c in ITEM if c in placed.columns):
        made.append(
            items.filter(pl.col(column).is_not_null()).select(
                object="case_id",
                attribute=pl.lit(column),
                time=pl.lit(None, dtype=pl.String),
                value=pl.col(column).cast(pl.String),
                kind=pl.lit(_kind(items[column])),
            )
        )
    return pl.concat(made)
