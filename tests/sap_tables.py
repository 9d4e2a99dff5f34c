"""Realistic SAP tables and the events they stand for, in any of the shapes in which they leave an SAP system.

Written as the data dictionary has them: client, padded numbers, YYYYMMDD and HHMMSS, change documents with
TABKEY, reversals, partial deliveries, returns, several accounts per receipt, cancelled invoices, payment
blocks, reciprocal exchange rates, yen stored shifted, deletion flags. The system's clock is Berlin's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

ZONE = "Europe/Berlin"
MANDT = "100"
UTC = ZoneInfo("UTC")
Row = dict[str, str]
# (case, activity, UTC time, user)
Event = tuple[str, str, datetime, str | None]
# (table, key after the client, field, indicator, old value, new value)
Change = tuple[str, str, str, str, str, str]
CURRENCIES = {"EUR": "1.00000", "USD": "0.92000", "SAR": "/4.00000", "JPY": "0.60000"}
TEXT = ("MATNR", "TCODE", "OBJECTID", "TABKEY", "AWKEY", "BWART", "WERKS", "BUKRS", "MANDT")


@dataclass
class System:
    """Tables by name, and the events of `p2p` and `o2c`."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    p2p: list[Event] = field(default_factory=list)
    o2c: list[Event] = field(default_factory=list)
    changes: int = 0

    def add(self, table: str, **values: Any) -> None:
        self.tables.setdefault(table, []).append({"MANDT": MANDT, **{k: str(v) for k, v in values.items()}})

    def change(
        self,
        kind: str,
        document: str,
        when: datetime,
        user: str,
        entries: Iterable[tuple[str, str, str, str, str, str]],
    ) -> None:
        """`entries`: (table, key after the client, field, indicator, old, new)."""
        self.changes += 1
        number = f"{self.changes:010d}"
        self.add(
            "CDHDR",
            OBJECTCLAS=kind,
            OBJECTID=document,
            CHANGENR=number,
            USERNAME=user,
            UDATE=day(when),
            UTIME=clock(when),
            TCODE="ME22N",
        )
        for table, key, name, sign, old, new in entries:
            self.add(
                "CDPOS", OBJECTCLAS=kind, OBJECTID=document, CHANGENR=number, TABNAME=table, TABKEY=MANDT + key,
                FNAME=name, CHNGIND=sign, VALUE_OLD=old, VALUE_NEW=new,
            )  # fmt: skip


def day(when: datetime) -> str:
    return f"{when:%Y%m%d}"


def clock(when: datetime) -> str:
    return f"{when:%H%M%S}"


def utc(when: datetime) -> datetime:
    return when.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def midnight(when: datetime) -> datetime:
    return utc(when.replace(hour=0, minute=0, second=0))


def purchases(system: System, n: int, seed: int = 1) -> System:
    """`n` purchase orders with one to three items each."""
    rng = random.Random(seed)
    for i in range(n):
        order, start = f"45{i:08d}", datetime(2024, 3, 20, 8, 13, 7) + timedelta(hours=7 * i, seconds=i)
        currency = list(CURRENCIES)[i % 4]
        logged = i % 3 != 0  # change documents tell the moment of creation; otherwise EKKO knows the day
        system.add(
            "EKKO", EBELN=order, BUKRS="1000", BSTYP="F", BSART="NB", LOEKZ="", AEDAT=day(start), ERNAM="BUYER1",
            LIFNR=f"{100 + i % 5:010d}", EKORG="1000", EKGRP="001", WAERS=currency, WKURS=CURRENCIES[currency],
            BEDAT=day(start), FRGZU="X",
        )  # fmt: skip
        items = [f"{10 * (k + 1):05d}" for k in range(1 + i % 3)]
        if logged:
            born = [("EKKO", order, "KEY", "I", "", "")] + [("EKPO", order + it, "KEY", "I", "", "") for it in items]
            system.change("EINKBELEG", order, start, "BUYER2", born)
        released = start + timedelta(hours=5)
        if i % 2:
            system.change("EINKBELEG", order, released, "CHIEF", [("EKKO", order, "FRGZU", "U", "", "X")])
        for k, item in enumerate(items):
            case = f"{order}-{item}"

            def happened(activity: str, when: datetime, who: str | None, case: str = case) -> None:
                system.p2p.append((case, activity, utc(when), who))

            deleted, banfn = i % 7 == 3 and k == 0, f"10{i:08d}" if i % 4 == 1 else ""
            system.add(
                "EKPO", EBELN=order, EBELP=item, LOEKZ="L" if deleted else "", AEDAT=day(start), MATNR=f"M-{k}",
                BUKRS="1000", WERKS="1000", MATKL="ROH", MENGE="10.000", MEINS="ST", NETPR="150.00", PEINH="1",
                NETWR="1500.00", BANFN=banfn, BNFPO="00010" if banfn else "00000", ELIKZ="",
            )  # fmt: skip
            if banfn:
                asked = start - timedelta(days=2)
                if k == 0:
                    system.add("EBAN", BANFN=banfn, BNFPO="00010", BADAT=day(asked), ERNAM="ASKER")
                system.p2p.append((case, "Create purchase requisition", midnight(asked), "ASKER"))
            if logged:
                happened("Create purchase order item", start, "BUYER2")
            else:
                system.p2p.append((case, "Create purchase order item", midnight(start), "BUYER1"))
            if i % 2:
                happened("Release purchase order", released, "CHIEF")
            if i % 5 == 2:
                at = start + timedelta(hours=6)
                # MWSKZ is a change that the mapping does not name: no event.
                entries = [
                    ("EKPO", order + item, "NETPR", "U", "      150.00", "      155.00"),
                    ("EKPO", order + item, "MWSKZ", "U", "", "V1"),
                ]
                system.change("EINKBELEG", order, at, "BUYER1", entries)
                happened("Change price", at, "BUYER1")
            if deleted:
                at = start + timedelta(days=1)
                system.change("EINKBELEG", order, at, "BUYER1", [("EKPO", order + item, "LOEKZ", "U", "", "L")])
                happened("Delete purchase order item", at, "BUYER1")
                continue
            _received(system, order, item, i, k, start, currency, happened)
            _invoiced(system, order, item, i, k, start, currency, happened, rng)
    return system


def _history(system: System, order: str, item: str, when: datetime, user: str, **values: Any) -> None:
    system.add(
        "EKBE", EBELN=order, EBELP=item, ZEKKN=values.pop("ZEKKN", "00"), BUDAT=day(when), CPUDT=day(when),
        CPUTM=clock(when), ERNAM=user, DMBTR="1500.00", WRBTR="1500.00", GJAHR=f"{when:%Y}", **values,
    )  # fmt: skip


def _received(
    system: System, order: str, item: str, i: int, k: int, start: datetime, currency: str, happened: Callable[..., None]
) -> None:
    names = {"101": "Record goods receipt", "102": "Reverse goods receipt", "122": "Return delivery to vendor"}
    moves = [("101", 6, "S")] + ([("102", 7, "H"), ("101", 8, "S")] if i % 4 == 2 else [])
    moves += [("122", 11, "H")] if i % 9 == 4 else []
    for part, (movement, days, sign) in enumerate(moves):
        at, belnr = start + timedelta(days=days, minutes=k), f"50{i:04d}{k:02d}{part:02d}"
        for account in ("01", "02") if i % 6 == 5 else ("00",):
            _history(
                system, order, item, at, "STORE", VGABE="1", BELNR=belnr, BUZEI="0001", BWART=movement, SHKZG=sign,
                MENGE="5.000", WAERS=currency, ZEKKN=account,
            )  # fmt: skip
        happened(names[movement], at, "STORE")
    # A delivery costs record (VGABE 5) is no event of the mapping.
    _history(
        system, order, item, start, "X", VGABE="5", BELNR="1", BUZEI="0001", BWART="", SHKZG="S", MENGE="0", WAERS=""
    )


def _invoiced(
    system: System, order: str, item: str, i: int, k: int, start: datetime, currency: str,
    happened: Callable[..., None], rng: random.Random,
) -> None:  # fmt: skip
    if i % 8 == 6:
        return
    at, belnr = start + timedelta(days=12, minutes=k), f"51{i:06d}{k:02d}"
    year, case = f"{at:%Y}", f"{order}-{item}"
    common = {"BUZEI": "0001", "BWART": "", "MENGE": "10.000", "WAERS": currency}
    _history(system, order, item, at, "CLERK", VGABE="2", BELNR=belnr, SHKZG="S", **common)
    happened("Record invoice receipt", at, "CLERK")
    system.add("RBKP", BELNR=belnr, GJAHR=year, BLDAT=day(at - timedelta(days=3)), BUDAT=day(at), USNAM="CLERK")
    system.p2p.append((case, "Vendor issues invoice", midnight(at - timedelta(days=3)), None))
    posting = f"19{i:06d}{k:02d}"
    system.add(
        "BKPF", BUKRS="1000", BELNR=posting, GJAHR=year, BLART="RE", AWTYP="RMRP", AWKEY=belnr + year,
        CPUDT=day(at), CPUTM=clock(at), BUDAT=day(at), USNAM="CLERK", TCODE="MIRO",
    )  # fmt: skip
    if i % 8 == 7:
        cancelled = at + timedelta(days=1)
        _history(system, order, item, cancelled, "CLERK", VGABE="2", BELNR="52" + belnr[2:], SHKZG="H", **common)
        happened("Cancel invoice receipt", cancelled, "CLERK")
    cleared = i % 5 != 0
    paid, payment = at + timedelta(days=30, hours=1), f"20{i:06d}{k:02d}"
    for line, account in (("001", "K"), ("002", "S")):
        open_ = not cleared or account != "K"
        system.add(
            "BSEG", BUKRS="1000", BELNR=posting, GJAHR=year, BUZEI=line, KOART=account, DMBTR="1500.00",
            AUGBL="" if open_ else payment, AUGDT="00000000" if open_ else day(paid),
        )  # fmt: skip
    if i % 5 == 3:
        object_, free = f"{MANDT}1000{posting}{year}", at + timedelta(days=4)
        system.change("BELEG", object_, free, "AUDIT", [("BSEG", f"1000{posting}{year}001", "ZLSPR", "U", "R", "")])
        happened("Remove payment block", free, "AUDIT")
    if cleared:
        if i % 2:  # the clearing document is in the extract: its entry tells the time and the user
            system.add(
                "BKPF", BUKRS="1000", BELNR=payment, GJAHR=f"{paid:%Y}", BLART="ZP", AWTYP="BKPF", AWKEY="",
                CPUDT=day(paid), CPUTM=clock(paid), BUDAT=day(paid), USNAM="TREASURY", TCODE="F110",
            )  # fmt: skip
            happened("Clear invoice", paid, "TREASURY")
        else:
            system.p2p.append((case, "Clear invoice", midnight(paid), None))


def sales(system: System, n: int) -> System:
    """`n` sales orders with one or two items each."""
    for i in range(n):
        order, start = f"{5000 + i:010d}", datetime(2024, 10, 24, 9, 30, 1) + timedelta(hours=9 * i)
        system.add(
            "VBAK", VBELN=order, ERDAT=day(start), ERZET=clock(start), ERNAM="SELLER", AUART="TA", VKORG="1000",
            VTWEG="10", KUNNR=f"{200 + i % 3:010d}", WAERK="JPY" if i % 4 == 3 else "EUR", NETWR="100.00",
        )  # fmt: skip
        blocked = i % 3 == 1
        if blocked:
            set_, free = start + timedelta(minutes=5), start + timedelta(hours=3)
            system.change("VERKBELEG", order, set_, "CREDIT", [("VBAK", order, "LIFSK", "U", "", "ZA")])
            system.change("VERKBELEG", order, free, "CREDIT", [("VBAK", order, "LIFSK", "U", "ZA", "")])
        for k in range(1 + i % 2):
            item = f"{10 * (k + 1):06d}"
            case = f"{order}-{item}"
            later = start + timedelta(hours=k)  # the second item was added an hour later

            def happened(activity: str, when: datetime, who: str | None, case: str = case) -> None:
                system.o2c.append((case, activity, utc(when), who))

            system.add(
                "VBAP", VBELN=order, POSNR=item, ERDAT=day(later), ERZET=clock(later), ERNAM="SELLER", MATNR=f"F-{k}",
                WERKS="1000", KWMENG="4.000", NETWR="100.00", WAERK="JPY" if i % 4 == 3 else "EUR",
                ABGRU="Z1" if i % 10 == 9 else "",
            )  # fmt: skip
            happened("Create sales order item", later, "SELLER")
            if blocked:
                happened("Set delivery block", set_, "CREDIT")
                happened("Remove delivery block", free, "CREDIT")
            if i % 10 == 9:
                at = start + timedelta(days=1)
                system.change("VERKBELEG", order, at, "SELLER", [("VBAP", order + item, "ABGRU", "U", "", "Z1")])
                happened("Reject sales order item", at, "SELLER")
                continue
            _delivered(system, order, item, i, k, start, happened)
    return system


def _delivered(
    system: System, order: str, item: str, i: int, k: int, start: datetime, happened: Callable[..., None]
) -> None:
    sent, picked, gone, billed = (start + timedelta(days=d, minutes=k) for d in (2, 3, 4, 5))
    for part in range(1 + (i % 4 == 0)):  # partial deliveries
        delivery, bill = f"80{i:04d}{k:02d}{part:02d}", f"90{i:04d}{k:02d}{part:02d}"
        shift = timedelta(days=part)
        flow = {"RFMNG": "2.000", "RFWRT": "50.00", "WAERS": "EUR", "BWART": "", "PLMIN": "+"}

        def follow(
            before: str, position: str, kind: str, document: str, category: str, when: datetime, flow: Row = flow
        ) -> None:
            system.add(
                "VBFA", VBELV=before, POSNV=position, VBELN=document, POSNN="000010", VBTYP_N=category, VBTYP_V=kind,
                ERDAT=day(when), ERZET=clock(when), **flow,
            )  # fmt: skip

        follow(order, item, "C", delivery, "J", sent + shift)
        system.add("LIKP", VBELN=delivery, ERDAT=day(sent), ERZET=clock(sent), ERNAM="SHIPPER", WADAT_IST=day(gone))
        happened("Create delivery", sent + shift, "SHIPPER")
        follow(delivery, "000010", "J", f"Q{i}{k}{part}", "Q", picked + shift)
        happened("Pick goods", picked + shift, None)
        # Goods issue: known through the delivery, and for some orders directly as well.
        follow(delivery, "000010", "J", f"49{i:04d}{k:02d}{part:02d}", "R", gone + shift)
        if i % 2:
            follow(order, item, "C", f"49{i:04d}{k:02d}{part:02d}", "R", gone + shift)
        happened("Post goods issue", gone + shift, None)
        follow(delivery, "000010", "J", bill, "M", billed + shift)
        follow(order, item, "C", bill, "M", billed + shift)
        system.add("VBRK", VBELN=bill, ERDAT=day(billed), ERZET=clock(billed), ERNAM="BILLER", FKART="F2")
        happened("Create invoice", billed + shift, "BILLER")
        paid, year = billed + timedelta(days=20), f"{billed:%Y}"
        system.add(
            "BKPF", BUKRS="1000", BELNR=bill, GJAHR=year, BLART="RV", AWTYP="VBRK", AWKEY=bill, CPUDT=day(billed),
            CPUTM=clock(billed), BUDAT=day(billed), USNAM="BILLER", TCODE="VF01",
        )  # fmt: skip
        system.add(
            "BSEG", BUKRS="1000", BELNR=bill, GJAHR=year, BUZEI="001", KOART="D", AUGBL=f"14{bill[2:]}",
            AUGDT=day(paid), DMBTR="50.00",
        )  # fmt: skip
        system.o2c.append((f"{order}-{item}", "Receive payment", midnight(paid), None))


def frames(system: System) -> dict[str, pl.DataFrame]:
    return {
        name: pl.DataFrame(
            {
                c: pl.Series([r.get(c, "") for r in rows], dtype=pl.String)
                for c in dict.fromkeys(k for r in rows for k in r)
            }
        )
        for name, rows in system.tables.items()
    }


# --- the shapes in which tables leave a system ------------------------------------------------------
DATES = ("AEDAT", "ERDAT", "BEDAT", "BADAT", "CPUDT", "BUDAT", "BLDAT", "AUGDT", "UDATE", "WADAT_IST")
CLOCKS = ("ERZET", "CPUTM", "UTIME")
NUMBERS = ("MENGE", "KWMENG", "RFMNG", "NETPR", "NETWR", "DMBTR", "WRBTR", "RFWRT")


def write_raw(system: System, folder: Path) -> None:
    """As the database has them: CSV, space-padded text."""
    for name, frame in frames(system).items():
        frame.with_columns(pl.all().str.pad_end(12)).write_csv(folder / f"{name}.csv")


def write_parquet(system: System, folder: Path) -> None:
    for name, frame in frames(system).items():
        frame.write_parquet(folder / f"{name.lower()}.parquet")


def write_us(system: System, folder: Path) -> None:
    """SE16 for an American, through a spreadsheet: BOM, 5/27/16, 1:50:33 PM, 1,500.00, no leading zeros, an
    index column, an empty last line."""
    for name, frame in frames(system).items():
        dates = {c: _shown(frame[c], "%Y%m%d", "%-m/%-d/%y") for c in DATES if c in frame.columns}
        clocks = {c: _shown(frame[c], "%H%M%S", "%-I:%M:%S %p") for c in CLOCKS if c in frame.columns}
        numbers = {c: [f"{float(v):,.2f}" if v else "" for v in frame[c]] for c in NUMBERS if c in frame.columns}
        # A spreadsheet drops the zeros of what it takes for a number.
        zeros = [c for c in frame.columns if c not in (*DATES, *CLOCKS, *NUMBERS, *TEXT, "VALUE_OLD", "VALUE_NEW")]
        bare = {c: frame[c].str.replace(r"^0+(\d)", "$1") for c in zeros if frame[c].str.contains(r"^\d+$").any()}
        made = frame.with_columns(**{k: pl.Series(v) for k, v in {**dates, **clocks, **numbers, **bare}.items()})
        blank = pl.DataFrame({c: [""] for c in made.columns})
        text = pl.concat([made, blank]).with_row_index("").write_csv()
        (folder / f"{name}.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())


def write_german(system: System, folder: Path) -> None:
    """Semicolons, Windows-1252, 20.03.2024, 1.500,00, gzip."""
    import gzip

    for name, frame in frames(system).items():
        dates = {c: _shown(frame[c], "%Y%m%d", "%d.%m.%Y") for c in DATES if c in frame.columns}
        numbers = {
            c: [f"{float(v):,.2f}".translate(str.maketrans(",.", ".,")) if v else "" for v in frame[c]]
            for c in NUMBERS
            if c in frame.columns
        }
        made = frame.with_columns(**{k: pl.Series(v) for k, v in {**dates, **numbers}.items()})
        made = made.with_columns(TXT=pl.lit("Schräubchen; groß"))
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(made.write_csv(separator=";").encode("windows-1252")))


def _shown(column: pl.Series, old: str, new: str) -> list[str]:
    empty = ("", "00000000")
    return ["" if v in empty else datetime.strptime(v, old).strftime(new) for v in column]


def write_database(system: System, connection: Any, schema: str) -> None:
    """Each table as SAP's own database has it: NVARCHAR columns."""
    import sqlalchemy as sa

    for name, frame in frames(system).items():
        columns = ", ".join(f'"{c}" varchar(80)' for c in frame.columns)
        connection.execute(sa.text(f'CREATE TABLE {schema}."{name}" ({columns})'))
        names = [f"c{i}" for i in range(frame.width)]
        sql = f'INSERT INTO {schema}."{name}" VALUES ({", ".join(":" + n for n in names)})'
        connection.execute(sa.text(sql), [dict(zip(names, row)) for row in frame.iter_rows()])
