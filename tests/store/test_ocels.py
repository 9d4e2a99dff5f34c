"""Stored object-centric logs: what goes in comes out, a version is content, damage is seen."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given

from hoshin.errors import Corrupt, NotFound
from hoshin.log.ocel import Ocel
from hoshin.store.ocels import OcelStore
from tests.ocels import made, ocels, plain


@given(ocels())
def test_any_log_comes_back(tmp_path_factory: pytest.TempPathFactory, ocel: Ocel) -> None:
    store = OcelStore(tmp_path_factory.mktemp("ocels"))
    stored = store.write(ocel, "o")

    assert plain(store.read("o")) == plain(ocel)
    assert store.write(store.read("o"), "o").version == stored.version
    assert store.versions("o") == [stored.version]


def test_a_changed_column_and_a_cut_file_are_seen(tmp_path: Path) -> None:
    store = OcelStore(tmp_path)
    stored = store.write(made([("e1", "a", 1, ["o"])], {"o": "t"}), "o")
    file = tmp_path / "o" / stored.version / "events.parquet"
    pl.read_parquet(file).with_columns(t_ns=pl.col("t_ns") + 1).write_parquet(file)

    with pytest.raises(Corrupt, match="was changed after it was stored"):
        store.read("o")
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(Corrupt, match="cannot be read"):
        store.read("o")
    with pytest.raises(NotFound, match="Unknown object-centric log 'p'"):
        store.read("p")
