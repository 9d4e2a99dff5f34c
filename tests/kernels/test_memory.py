"""Accessors to the memory of a simulation."""

from __future__ import annotations

from hoshin.kernels import memory


def test_every_accessor_has_cache_files_of_its_own() -> None:
    """Numba names cache files after a function: of one name, processes that compile together mix them up."""
    found = [f for f in vars(memory).values() if getattr(f, "__qualname__", "").startswith("array_")]

    assert len(found) == len(memory.FIELDS)
    assert len({f.__qualname__ for f in found}) == len(memory.FIELDS)
