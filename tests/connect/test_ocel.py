"""Object-centric formats: whatever is written comes back, what cannot be held is said, damage is named."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoshin.connect._clock import Clock
from hoshin.connect._ocel_files import formats, read_ocel, write_ocel
from hoshin.connect._times import parse_time
from hoshin.log.ocel import Ocel
from tests.ocels import ocels, plain

# A plain and a packed one of every format that is written.
MODULES = [formats.take(name) for name in formats.names()]
WRITTEN = [e for module in MODULES if "2.0" in module.WRITES for e in module.EXTENSIONS[:2]]


@pytest.mark.parametrize("extension", WRITTEN)
@settings(max_examples=40)
@given(ocels())
def test_whatever_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, extension: str, ocel: Ocel) -> None:
    path = tmp_path_factory.mktemp("ocel") / f"log{extension}"

    assert write_ocel(ocel, path) == []
    built = read_ocel(path)
    assert built.rejected.height == 0
    assert built.notes == ()
    assert plain(built.ocel) == plain(ocel)


@pytest.mark.parametrize("extension", [".jsonocel", ".xmlocel"])
@settings(max_examples=30)
@given(ocels())
def test_ocel_1_keeps_all_it_has_a_place_for_and_says_the_rest(
    tmp_path_factory: pytest.TempPathFactory, extension: str, ocel: Ocel
) -> None:
    path = tmp_path_factory.mktemp("ocel") / f"log{extension}"
    lost = write_ocel(ocel, path, standard="1.0")
    old, new = plain(ocel), plain(read_ocel(path).ocel)

    assert new["events"] == old["events"]
    assert {o for o, t in old["objects"].items() if t} == {o for o, t in new["objects"].items() if t}
    assert {(e, o) for e, o, _ in new["e2o"]} == {(e, o) for e, o, _ in old["e2o"]}
    assert new["event_values"] == old["event_values"]
    first = {(o, a): v for o, a, _, v in sorted(old["object_values"], key=lambda cell: cell[2], reverse=True)}
    assert {(o, a): v for o, a, _, v in new["object_values"]} == first
    assert any("O2O" in line for line in lost) == bool(old["o2o"])
    assert any("qualifiers" in line for line in lost) == any(q for _, _, q in old["e2o"])
    assert any("later values" in line for line in lost) == (len(old["object_values"]) > len(first))
    assert any("event types" in line for line in lost) == (new["event_types"] != old["event_types"])
    if extension == ".xmlocel":
        assert new["event_kinds"] <= old["event_kinds"]
        assert new["object_kinds"] <= old["object_kinds"]
        kinds = new["event_kinds"] == old["event_kinds"] and new["object_kinds"] == old["object_kinds"]
        assert any("without a value" in line for line in lost) == (not kinds)


@settings(max_examples=30)
@given(ocels())
def test_csv_keeps_events_and_their_objects_and_says_the_rest(
    tmp_path_factory: pytest.TempPathFactory, ocel: Ocel
) -> None:
    path = tmp_path_factory.mktemp("ocel") / "log.csv.gz"
    lost = " ".join(write_ocel(ocel, path, standard="1.0"))
    built = read_ocel(path)
    old, new = plain(ocel), plain(built.ocel)
    typed = {o for o, t in old["objects"].items() if t}
    related = {o for _, o, _ in old["e2o"]}

    assert built.rejected.height == 0
    assert new["events"] == old["events"]
    assert new["object_types"] == old["object_types"]
    assert new["objects"] == {o: old["objects"][o] for o in typed & related}
    assert {(e, o) for e, o, _ in new["e2o"]} == {(e, o) for e, o, _ in old["e2o"] if o in typed}
    assert ("objects without an event" in lost) == bool(typed - related)
    assert ("objects without a type" in lost) == bool(related - typed)
    assert ("values of object attributes" in lost) == bool(old["object_values"])
    assert ("O2O" in lost) == bool(old["o2o"])
    assert ("qualifiers" in lost) == any(q for _, _, q in old["e2o"])
    assert ("is read with" in lost) == (not new["event_kinds"] <= old["event_kinds"])
    said = {a for _, a, _ in old["event_values"] if f"{a} as " in lost}
    assert [v for v in new["event_values"] if v[1] not in said] == [v for v in old["event_values"] if v[1] not in said]


@settings(max_examples=20)
@given(ocels())
def test_json_values_are_text_as_the_schema_of_ocel_2_asks(
    tmp_path_factory: pytest.TempPathFactory, ocel: Ocel
) -> None:
    path = tmp_path_factory.mktemp("ocel") / "log.json"
    write_ocel(ocel, path)
    whole = json.loads(path.read_text(encoding="utf-8"))
    values = [v["value"] for part in ("events", "objects") for one in whole[part] for v in one["attributes"]]

    assert all(isinstance(v, str) for v in values)


moments = st.one_of(
    st.text(max_size=30), st.datetimes().map(str), st.datetimes().map(lambda d: d.isoformat() + "Z"), st.none()
)


@given(st.lists(moments))
def test_many_moments_are_read_as_one_by_one(texts: list[str | None]) -> None:
    """The kernel and its fallback against the careful reader."""
    clock = Clock(Path("made"))
    found = clock.to_ns(pl.Series(texts, dtype=pl.String)).to_list()
    expected = [parse_time(t) if t else None for t in texts]

    assert found == [e[0] if e else None for e in expected]
    assert clock.naive == sum(e is not None and e[1] is None for e in expected)
