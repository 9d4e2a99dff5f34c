"""The fast XES reader against the careful one: the same cells, or none at all."""

from __future__ import annotations

import random
import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hoshin.connect import _xes_cells, _xes_fast, _xes_tree
from hoshin.errors import HoshinError
from hoshin.log.build import Built
from tests.connect.test_xes import FULL, MALFORMED, event, small

letters = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
texts = st.text(letters | st.sampled_from("\t\n <&>'\""), max_size=6)
KEY = re.compile(r"key=[\"']([^\"']*)")
keys = st.sampled_from(["k", "concept:name", "time:timestamp", "cost:total", "org:resource", "é&"])
dates = st.sampled_from([
    "2024-02-29T23:59:59Z", "2024-02-29T23:59:59.1234567891+05:30", "2023-02-29T00:00:00Z", "1700-03-01T00:00:00-08:00",
    "2024-06-01T12:00:00.000+02:00", "2024-06-01", "2024-06-01T24:00:00Z", "2024-06-01 12:00:00+0200",
    "9999-12-31T00:00:00Z", "", "soon", "2024-06-01T12:00:00.Z", "2024-06-01T12:00:60Z",
])  # fmt: skip
ints = st.integers(-(2**65), 2**65).map(str) | st.sampled_from(
    ["", "-", "+5", "007", "1.0", " 3 ", "-9223372036854775808"]
)


@st.composite
def attributes(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["string", "date", "int", "float", "boolean", "id", "list", "container"]))
    inner = "".join(draw(st.lists(attributes(depth - 1), max_size=2))) if depth else ""
    key = quoteattr(draw(keys))
    if kind == "list":
        return f"<list key={key}><values>{inner}</values></list>"
    if kind == "container":
        return f"<container key={key}>{inner}</container>" if inner else f"<container key={key}/>"
    value = draw({"date": dates, "int": ints, "float": ints | st.floats().map(str)}.get(kind, texts))
    quoted = quoteattr(value, {"\t": "&#9;"} if draw(st.booleans()) else {})
    first, second = (f"key={key}", f"value={quoted}") if draw(st.booleans()) else (f"value={quoted}", f"key={key}")
    space = draw(st.sampled_from([" ", "\n\t", "  "]))
    return f"<{kind}{space}{first} {second}{f'>{inner}</{kind}>' if inner or draw(st.booleans()) else ' />'}"


@st.composite
def documents(draw: st.DrawFn, *, twice: bool) -> str:
    """A log; `twice` allows an event to have a key more than once, which XES forbids and files do."""

    def several(most: int, base: tuple[str, ...] = ()) -> list[str]:
        held = [*base, *draw(st.lists(attributes(), max_size=most))]
        return held if twice else list({KEY.search(a)[1]: a for a in held}.values())  # type: ignore[index]

    gap = draw(st.sampled_from(["", "\n  ", "<!-- <event/> & -->"]))
    traces = []
    for _ in range(draw(st.integers(1, 4))):
        parts = several(2)
        for _ in range(draw(st.integers(0, 3))):
            stamp = draw(st.sampled_from(["2024-01-01T00:00:00Z", "2023-12-31T23:00:00-01:00"]))
            base = ("<string key='concept:name' value='a'/>", f"<date key='time:timestamp' value='{stamp}'/>")
            parts.append(f"<event>{''.join(several(3, base))}</event>")
        traces.append(f"<trace>{gap.join(parts)}</trace>" if parts else "<trace/>")
    return f"<log>{gap}{gap.join(traces)}{gap}</log>{gap}\n"


def outcome(reader: object, path: Path) -> tuple[object, ...] | str | None:
    """The log as plain data, the code of the error, or None."""
    try:
        cells = reader.read_cells(path)  # type: ignore[attr-defined]
        if cells is None:
            return None
        built = _xes_cells.build(cells, path="log", name="", time_zone="Europe/Berlin")
    except HoshinError as error:
        return error.code
    return plain(built)


def plain(built: Built) -> tuple[object, ...]:
    log, rejected = built.log, built.rejected
    frames = [log.to_frame(), log.case_frame(), rejected]
    return (*(str(f.schema) + repr(f.rows()) for f in frames), log.case_start.tolist(), dict(log.header))


@pytest.fixture(params=[64, 1 << 20], ids=["tiny pieces", "one piece"])
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(_xes_fast, "PIECE", request.param)
    return int(request.param)


@settings(suppress_health_check=list(HealthCheck))
@given(document=documents(twice=False))
def test_both_readers_agree(piece: int, tmp_path: Path, document: str) -> None:
    path = tmp_path / "log.xes"
    path.write_text(document, encoding="utf-8", newline="")

    fast = outcome(_xes_fast, path)

    assert fast is not None, "this is the plain form"
    assert fast == outcome(_xes_tree, path)


@settings(suppress_health_check=list(HealthCheck))
@given(document=documents(twice=True))
def test_with_a_key_twice_the_fast_reader_agrees_or_is_silent(tmp_path: Path, document: str) -> None:
    path = tmp_path / "log.xes"
    path.write_text(document, encoding="utf-8", newline="")

    assert outcome(_xes_fast, path) in (None, outcome(_xes_tree, path))


ALIKE = "<log><trace><string key='concept:name' value='1'/>{}</trace></log>".format(
    """
  <event>
    <string key="concept:name" value="receive order" />
    <string key="org:resource" value="Åsa O&apos;Neil"/>
    <date key="time:timestamp" value="2024-03-31T01:59:59.000+01:00"/>
    <int key="items" value="12"/>
    <float key="amount" value="1234.56"/>
  </event>"""
    * 6
)


@pytest.mark.parametrize("document", [FULL.replace("with <trace> in it", "short"), ALIKE], ids=["full", "alike"])
def test_a_damaged_document_is_never_read_as_something_else(piece: int, tmp_path: Path, document: str) -> None:
    """Change, drop, double or insert a few bytes: the fast reader says nothing, or what the careful one says."""
    rng = random.Random(7)
    base = document.encode()
    path = tmp_path / "log.xes"
    answered = 0
    for _ in range(300):
        data = bytearray(base)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(data))
            what = rng.randrange(4)
            if what == 0:
                data[at] = rng.choice(b"<>/'\"&;= \n!-aeX0\x01\xff")
            elif what == 1:
                del data[at : at + rng.randint(1, 12)]
            elif what == 2:
                data[at:at] = data[at : at + rng.randint(1, 30)]
            else:
                data[at:at] = bytes(rng.choice(b"<>/'\"&;= -") for _ in range(2))
        path.write_bytes(data)
        fast = outcome(_xes_fast, path)
        if isinstance(fast, tuple):
            answered += 1
            assert fast == outcome(_xes_tree, path), data.decode(errors="replace")
    assert answered > 20, "the test must compare something"


@pytest.mark.parametrize("what", MALFORMED)
def test_the_fast_reader_leaves_every_malformed_file_to_the_careful_one(tmp_path: Path, what: str) -> None:
    path = tmp_path / "log.xes"
    path.write_bytes(MALFORMED[what][0])

    assert not isinstance(outcome(_xes_fast, path), tuple)


@pytest.mark.parametrize("text", [
    "<x:log xmlns:x='u'><x:trace/></x:log>", small("<event><![CDATA[ ]]></event>"), small("<?pi?>"), "<log/>",
    small(event("a", "2024-01-01T00:00:00Z")).replace("</trace>", "</trace><string key='late' value='1'/>"),
    small(event("a", "2024-01-01T00:00:00Z")).replace("<trace>", "<trace id='1'>"),
])  # fmt: skip
def test_unusual_xml_is_left_to_the_careful_reader(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.xes"
    path.write_text(text)

    assert outcome(_xes_fast, path) is None
    assert isinstance(outcome(_xes_tree, path), tuple)
