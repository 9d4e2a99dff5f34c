"""A dictionary of byte strings: open addressing over one growing arena."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.compiled import uncounted
from hoshin.kernels.spans import hash_of, same


class Words(NamedTuple):
    """`slots` int32 (a power of two): entry or -1; `hashes` uint64 and `starts` int64 (one longer) per
    entry; `arena` uint8: entry i is arena[starts[i]:starts[i + 1]]; `used` int64 (1,): how many entries."""

    slots: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    arena: NDArray[np.uint8]
    used: NDArray[np.int64]


def make(n_entries: int, n_bytes: int) -> Words:
    """An empty dictionary with room for `n_entries` of `n_bytes` in all."""
    n_slots = 16
    while n_slots < 2 * n_entries:
        n_slots *= 2
    return Words(
        np.full(n_slots, -1, dtype=np.int32),
        np.empty(n_entries, dtype=np.uint64),
        np.zeros(n_entries + 1, dtype=np.int64),
        np.empty(max(n_bytes, 1), dtype=np.uint8),
        np.zeros(1, dtype=np.int64),
    )


def grow(words: Words, n_bytes: int) -> Words:
    """A copy with twice the room, and at least `n_bytes` more."""
    used = int(words.used[0])
    filled = int(words.starts[used])
    larger = make(max(2 * words.hashes.size, 16), max(2 * words.arena.size, filled + n_bytes))
    larger.hashes[:used] = words.hashes[:used]
    larger.starts[: used + 1] = words.starts[: used + 1]
    larger.arena[:filled] = words.arena[:filled]
    larger.used[0] = used
    place_all(larger.slots, larger.hashes, used)
    return larger


@uncounted
def has_room(words: Words, n_entries: int, n_bytes: int) -> bool:
    """Whether so many more entries of `n_bytes` in all fit."""
    used = words.used[0]
    return bool(used + n_entries <= words.hashes.size and words.starts[used] + n_bytes <= words.arena.size)


@uncounted
def place_all(slots: NDArray[np.int32], hashes: NDArray[np.uint64], used: int) -> None:
    """Fill empty `slots` for entries 0 .. used - 1. O(used)."""
    mask = slots.size - 1
    for entry in range(used):
        slot = np.int64(hashes[entry] & np.uint64(mask))
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = entry


@uncounted
def code_of(words: Words, text: NDArray[np.uint8], a: int, b: int) -> int:
    """The code of text[a:b], added if new; there must be room.

    Equal hashes are compared byte by byte. O(b - a) expected. Slow twin: tests/naive_formats.py::code_words.
    """
    return find(words.slots, words.hashes, words.starts, words.arena, words.used, text, a, b)


@uncounted
def find(
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
    arena: NDArray[np.uint8],
    used: NDArray[np.int64],
    text: NDArray[np.uint8],
    a: int,
    b: int,
) -> int:
    """As `code_of`, with the parts of the dictionary taken out once: taking them out counts references."""
    h = hash_of(text, a, b)
    mask = slots.size - 1
    slot = np.int64(h & np.uint64(mask))
    size = b - a
    while True:
        entry = slots[slot]
        if entry < 0:
            break
        if hashes[entry] == h:
            start = starts[entry]
            if starts[entry + 1] - start == size and same(arena, start, text, a, size):
                return int(entry)
        slot = (slot + 1) & mask
    fresh = int(used[0])
    start = starts[fresh]
    slots[slot] = fresh
    hashes[fresh] = h
    for i in range(size):
        arena[start + i] = text[a + i]
    starts[fresh + 1] = start + size
    used[0] = fresh + 1
    return fresh
