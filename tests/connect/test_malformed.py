"""Two hundred and more files that are not event logs: each is refused with its place and a remedy.

Never a crash, never a hang, never a request to the network, never an expanded entity.
"""

from __future__ import annotations

import gzip
import io
import random
import resource
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from hoshin.connect.files import read_file
from hoshin.errors import HoshinError

CSV = "case_id,activity,timestamp,amount\n" + "".join(
    f"{i % 9},a{i % 4},2026-01-{i % 27 + 1:02d}T10:00:00,{i}\n" for i in range(60)
)
EVENT = '<event><string key="concept:name" value="a"/><date key="time:timestamp" value="2026-01-01T10:00:00Z"/></event>'
TRACE = f'<trace><string key="concept:name" value="1"/>{EVENT}</trace>'
XES = f'<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0">{TRACE * 5}</log>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "&a;" * 10}">' for i in range(10))
    + ']><log><trace><string key="concept:name" value="&a9;"/></trace></log>'
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY x SYSTEM "{}">]>'
    '<log><trace><string key="concept:name" value="&x;"/></trace></log>'
)


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def broken() -> Iterator[tuple[str, str, bytes]]:
    """(what is wrong, file name, bytes)."""
    plain = {"csv": CSV.encode(), "xes": XES.encode()}
    for kind, data in plain.items():
        yield f"{kind}: empty", f"x.{kind}", b""
        yield f"{kind}: blank", f"x.{kind}", b" \n\t\n"
        yield f"{kind}: empty gz", f"x.{kind}.gz", gzip.compress(b"", mtime=0)
        yield f"{kind}: not gz", f"x.{kind}.gz", b"\x1f\x8b" + data[:40]
        yield f"{kind}: 10 MB line", f"x.{kind}", b"x" * (10 << 20)
        whole = gzip.compress(data, mtime=0)
        for at in range(12, len(whole) - 1, max(1, len(whole) // 24)):
            yield f"{kind}: gz cut at {at}", f"x.{kind}.gz", whole[:at]
        for seed in range(12):
            noise = random.Random(seed).randbytes(4096)
            yield f"{kind}: noise {seed}", f"x.{kind}", b"\x00" + noise
    for at in range(30, len(XES) - 1, len(XES) // 60):
        yield f"xes: cut at {at}", "x.xes", XES[:at].encode()
    header, _, rows = CSV.partition("\n")
    for missing in ("case_id", "activity", "timestamp"):
        kept = [n for n in header.split(",") if n != missing]
        frame = pl.read_csv(io.StringIO(CSV)).select(kept)
        yield f"csv: no {missing}", "x.csv", frame.select("amount").write_csv().encode()
        yield f"parquet: no {missing}", "x.parquet", parquet(frame.select("amount"))
    for name in header.split(","):
        yield f"csv: {name} twice", "x.csv", f"{header},{name}\n{rows}".encode()
    yield "csv: header only", "x.csv", header.encode()
    yield "csv: one column", "x.csv", b"hello\nthere\n"
    yield "csv: quote never closed", "x.csv", CSV.replace("a1", '"a1', 1).encode() + b"1,2,3,4,5,6\n"
    for text in ("soon", "32/13/2026", "2026-99-99", "12:00", "0", "Q1", "??", "2026", "99999999999999999999"):
        yield f"csv: times are {text}", "x.csv", f"case_id,activity,timestamp\n1,a,{text}\n2,b,{text}\n".encode()
    for pair in (("29/2/2016", "2/28/2016"), ("13.1.2026 10:00", "1.13.2026 10:00")):
        yield f"csv: {pair}", "x.csv", "case_id,activity,timestamp\n1,a,{}\n2,b,{}\n".format(*pair).encode()
    for mixed in ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00+02:00"):
        text = f"case_id,activity,timestamp\n1,a,{mixed}\n1,b,2026-01-01T11:00:00\n"
        yield f"csv: zones mixed with {mixed}", "x.csv", text.encode()
    yield (
        "csv: cost in words",
        "x.csv",
        ("case_id,activity,timestamp,cost\n" + "1,a,2026-01-01,1\n" * 300 + "1,a,2026-01-01,dear\n").encode(),
    )
    whole = parquet(pl.read_csv(io.StringIO(CSV)))
    for at in range(0, len(whole) - 1, max(1, len(whole) // 24)):
        yield f"parquet: cut at {at}", "x.parquet", whole[:at]
    yield "parquet: text", "x.parquet", CSV.encode()
    yield "parquet: no rows", "x.parquet", parquet(pl.read_csv(io.StringIO(CSV)).head(0))
    yield (
        "parquet: times are numbers in words",
        "x.parquet",
        parquet(pl.DataFrame({"case_id": ["1"], "activity": ["a"], "timestamp": [True]})),
    )
    yield "zip: two files", "x.zip", zipped({"a.csv": CSV, "b.csv": CSV})
    yield "zip: none", "x.zip", zipped({})
    yield "zip: folder only", "x.zip", zipped({"a/": ""})
    yield "xes: billion laughs", "x.xes", LAUGHS.encode()
    yield "xes: entity from the network", "x.xes", OUTSIDE.format("http://127.0.0.1:9/x").encode()
    yield "xes: entity from a file", "x.xes", OUTSIDE.format("file:///etc/passwd").encode()
    yield "xes: other root", "x.xes", b"<?xml version='1.0'?><html><body/></html>"
    yield "xes: tags crossed", "x.xes", XES.replace("</event></trace>", "</trace></event>", 1).encode()
    yield "xes: attribute without quotes", "x.xes", XES.replace('key="concept:name"', "key=concept:name", 1).encode()
    yield "xes: two roots", "x.xes", (XES + "<log/>").encode()
    yield "xes: wrong encoding said", "x.xes", XES.replace("UTF-8", "UTF-99").encode()
    yield "xes: bytes that are not UTF-8", "x.xes", XES.encode().replace(b'value="a"', b'value="\xff\xfe"', 1)
    lines = gzip.compress(b'{"case_id": "1", "activity": "a", "timestamp": "2026-01-01"}\n' * 40, mtime=0)
    for at in range(12, len(lines) - 1, 6):
        yield f"jsonl: gz cut at {at}", "x.jsonl.gz", lines[:at]
    for at in range(20, len(lines) - 8, 6):
        yield f"jsonl: gz changed at {at}", "x.jsonl.gz", lines[:at] + bytes([lines[at] ^ 0xFF]) + lines[at + 1 :]
    yield "unknown extension", "x.docx", CSV.encode()
    yield "no extension", "log", CSV.encode()


FILES = list(broken())


def test_there_are_two_hundred() -> None:
    assert len(FILES) >= 200


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize(("what", "name", "data"), FILES, ids=[f[0] for f in FILES])
def test_a_file_that_is_not_a_log_is_refused(
    tmp_path: Path, what: str, name: str, data: bytes, record_property: Callable[[str, object], None]
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(HoshinError) as caught:
        read_file(path)

    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert name in caught.value.message or "column" in caught.value.message.lower(), "the error names the place"
    assert caught.value.hint, "and the next step"
    assert "passwd" not in str(caught.value)
    assert "root:" not in str(caught.value)
    assert grown_mb < 500, "nothing was expanded"
