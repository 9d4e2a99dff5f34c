"""Spans of bytes looked at eight at a time: compare, hash, find the end of a quoted value.

Words are loaded as the (little-endian) machine holds them; what is hashed is never kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from hoshin.kernels.compiled import uncounted

_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_BLANKS = np.uint64(0x2020202020202020)
_LESS_THANS = np.uint64(0x3C3C3C3C3C3C3C3C)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LT, _SPACE = 60, 32


def _load(typing: Any, text: Any, at: Any) -> Any:

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.uint64(text, types.int64), generate


# The eight bytes text[at:at + 8] as one uint64, `load(text, at)`; the caller checks bounds.
load: Callable[[NDArray[np.uint8], int], np.uint64] = intrinsic(_load)  # type: ignore[assignment]


@uncounted
def same(text: NDArray[np.uint8], a: int, other: NDArray[np.uint8], b: int, size: int) -> bool:
    """Whether text[a:a + size] = other[b:b + size]. O(size). Slow twin: slices of bytes."""
    i = 0
    while i + 8 <= size:
        if load(text, a + i) != load(other, b + i):
            return False
        i += 8
    while i < size:
        if text[a + i] != other[b + i]:
            return False
        i += 1
    return True


@uncounted
def hash_of(text: NDArray[np.uint8], a: int, b: int) -> np.uint64:
    """A hash of text[a:b]: multiply and fold, by words, the last of them overlapping. O(b - a)."""
    size = b - a
    h = np.uint64(size) * _MIX
    if size < 8:
        word = np.uint64(0)
        for i in range(a, b):
            word = (word << np.uint64(8)) | np.uint64(text[i])
        h = (h ^ word) * _MIX
    else:
        i = a
        while i + 8 < b:
            h = (h ^ load(text, i)) * _MIX
            h ^= h >> np.uint64(29)
            i += 8
        h = (h ^ load(text, b - 8)) * _MIX
    return h ^ (h >> np.uint64(32))


@uncounted
def quoted_end(text: NDArray[np.uint8], p: int, n: int, quote: int) -> int:
    """Place of the byte `quote` that ends the value whose first byte is text[p].

    -1 if text[:n] ends before, -2 if a byte may not stand in an XML attribute value ("<" and controls other
    than tab and line breaks). O(length). Slow twin: tests/naive_formats.py::quoted_end.
    """
    quotes = np.uint64(quote) * _ONES
    while True:
        while p + 8 <= n:
            w = load(text, p)
            q = w ^ quotes
            less = w ^ _LESS_THANS
            # Bits of a byte below 0x20, equal to the quote or to "<"; carries may add some, never hide one.
            found = ((q - _ONES) & ~q) | ((less - _ONES) & ~less) | ((w - _BLANKS) & ~w)
            if found & _HIGHS:
                break
            p += 8
        stop = min(p + 8, n)
        while p < stop:
            c = text[p]
            if c == quote:
                return p
            if c == _LT or (c < _SPACE and c != 9 and c != 10 and c != 13):
                return -2
            p += 1
        if p >= n:
            return -1
