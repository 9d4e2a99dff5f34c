"""A cache gives back what it was given, or nothing; never something else, and never an error."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hoshin.store.cache import Cache

SOME = {"a": np.arange(5, dtype=np.int32), "b": np.zeros(0, dtype=np.int64)}


def test_it_gives_back_what_it_was_given(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new" / "folder")
    assert cache.read("k") is None
    cache.write("k", SOME)

    held = cache.read("k")
    assert held is not None
    assert {n: (v.dtype, v.tolist()) for n, v in held.items()} == {n: (v.dtype, v.tolist()) for n, v in SOME.items()}
    assert [p.name for p in cache.root.iterdir()] == ["k.npz"]


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.booleans())
@settings(max_examples=60)
def test_damage_counts_as_absence(tmp_path_factory: object, where: float, value: int, cut: bool) -> None:
    root = Path(tmp_path_factory.mktemp("damage"))  # type: ignore[attr-defined]
    cache = Cache(root)
    cache.write("k", SOME)
    path = root / "k.npz"
    data = path.read_bytes()
    at = int(where * len(data))
    changed = data[:at] if cut else data[:at] + bytes([value]) + data[at + 1 :]
    path.write_bytes(changed)

    assert (cache.read("k") is None) == (changed != data)
    cache.write("k", SOME)
    assert cache.read("k") is not None


def test_it_stays_within_its_bounds(tmp_path: Path) -> None:
    one = {"a": np.zeros(1000, dtype=np.uint8)}
    cache = Cache(tmp_path, file_bytes=1500, total_bytes=5000)
    for k in range(8):
        cache.write(f"k{k}", one)
        os.utime(tmp_path / f"k{k}.npz", (k, k))
    assert cache.read("k5") is not None  # used last, so the last to go
    cache.write("large", {"a": np.zeros(1501, dtype=np.uint8)})
    cache.write("k8", one)

    assert cache.read("large") is None
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 5000
    assert cache.read("k5") is not None
    assert cache.read("k6") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    cache = Cache(tmp_path / "taken")
    cache.write("k", SOME)

    assert cache.read("k") is None
