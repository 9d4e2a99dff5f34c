"""Records to text and back, and errors that name the place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.records.catalogue import kind_class, kinds, personal, schema
from hoshin.records.codec import changes, from_data, parse, to_data, write

text = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)
waivers = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True),
        "title": text,
        "owner": text,
        "rule": text,
        "reason": st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=10, max_size=30),
        "expires_on": st.dates().map(str),
        "evidence": st.lists(text, max_size=3),
    }
)


@given(st.lists(waivers, min_size=1, max_size=4), st.sampled_from(["yaml", "csv", "json"]))
def test_any_record_survives_every_format(items: list[dict[str, Any]], style: str) -> None:
    records = [from_data("waiver", item) for item in items]
    written = write([("waiver", to_data(r)) for r in records], style)

    # A cell of a CSV cannot tell an empty text from none, nor '[' from a list: the writer's own lists are JSON.
    if style == "csv" and any(str(v).startswith("[") for r in items for v in r.values() if isinstance(v, str)):
        return
    assert [from_data(k, d) for k, d, _ in parse(written, style)] == records


def test_amounts_keep_every_digit() -> None:
    amount = "12345678901234567890.123456789"
    data = f"id: a\ntitle: 2026\nowner: no one\nmeasure: m\nbound: at_most\nlimit: {amount}\naction: stop\n"
    ((kind, fields, _),) = parse(data, "yaml", kind="threshold")
    record: Any = from_data(kind, fields)

    assert record.limit == Decimal(amount)
    assert record.title == "2026"
    assert to_data(record)["limit"] == amount


@pytest.mark.parametrize(
    ("text", "style", "message"),
    [
        ("kind: waiver\nid: a\nid: b\n", "yaml", "f, line 1: 'id' is given twice"),
        ("kind: [\n", "yaml", "f: while parsing"),
        ("- 1\n", "yaml", "f, document 1: expected fields, found"),
        ("title: x\n", "yaml", "f, document 1: no kind is given"),
        ("kind,id\nwaiver,a,b\n", "csv", "f, row 2: not as many cells"),
        ("kind,id\nwaiver\n", "csv", "f, row 2: not as many cells"),
        ("kind,id\nwaiver,[a\n", "csv", "f, row 2, column id: '\\[a' begins with"),
        ("{", "json", "f: Expecting"),
    ],
)
def test_bad_text_is_laid_at_its_place(text: str, style: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse(text, style, where="f")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ownr": "x"}, "Unknown field of threshold 'ownr'"),
        ({"limit": "ten"}, "limit: .*got 'ten'"),
        ({"bound": "above"}, "bound: .*got 'above'"),
        ({"review_on": "soon"}, "review_on: .*got 'soon'"),
        ({"title": ""}, "title: "),
        ({"links": "x"}, "links: "),
    ],
)
def test_bad_values_are_laid_at_their_field(change: dict[str, Any], message: str) -> None:
    good = {"id": "a", "title": "t", "owner": "o", "measure": "m", "bound": "at_most", "limit": 1, "action": "stop"}
    with pytest.raises(InvalidInput, match=message):
        from_data("threshold", good | change)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidInput, match="threshold has no 'title'"):
        from_data("threshold", {"id": "a"})


@pytest.mark.parametrize("kind", kinds.names())
def test_every_kind_is_whole(kind: str) -> None:
    """Each file of the shelf holds one kind with described fields, an owner who can be erased, and seats."""
    found = schema(kind)

    assert found["additionalProperties"] is False
    assert all(p.get("description") for p in found["properties"].values())
    assert personal(kind)["owner"] == "person"
    assert all(tier.seats for tier in kind_class(kind).approval)
    assert min(t.above for t in kind_class(kind).approval) == 0


def test_changes_name_what_differs() -> None:
    assert changes(None, {"a": 1, "b": []}) == [{"field": "a", "from": None, "to": 1}]
