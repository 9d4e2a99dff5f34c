"""Object-centric formats: whatever is written comes back, what cannot be held is said, damage is named."""

from __future__ import annotations

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
WRITTEN = [e for name in formats.names() if formats.take(name).WRITES for e in formats.take(name).EXTENSIONS[:2]]


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


@given(ocels())
def test_ocel_1_keeps_all_it_has_a_place_for_and_says_the_rest(
    tmp_path_factory: pytest.TempPathFactory, ocel: Ocel
) -> None:
    path = tmp_path_factory.mktemp("ocel") / "log.jsonocel"
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
