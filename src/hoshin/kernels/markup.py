"""The pieces of an XML document in the plain form that tools write: where each ends.

A place is an index into the text; -1 means that more text is needed to tell, -2 that the form is unusual.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.compiled import uncounted
from hoshin.kernels.spans import quoted_end

# Places in what `attributes_end` finds.
KEY_A, KEY_B, VALUE_A, VALUE_B = range(4)

_TAB, _LF, _CR, _SPACE = 9, 10, 13, 32
_LT, _GT, _SLASH, _BANG, _EQ, _DASH = 60, 62, 47, 33, 61, 45


def bytes_of(name: str) -> NDArray[np.uint8]:
    return np.frombuffer(name.encode(), dtype=np.uint8)


_KEY, _VALUE = bytes_of("key"), bytes_of("value")


@uncounted
def is_blank(c: int) -> bool:
    return c <= _SPACE and (c == _SPACE or c == _LF or c == _TAB or c == _CR)  # noqa: SIM109


@uncounted
def skip_blanks(text: NDArray[np.uint8], p: int, n: int) -> int:
    while p < n and is_blank(text[p]):
        p += 1
    return p


@uncounted
def is_name(text: NDArray[np.uint8], a: int, b: int, name: NDArray[np.uint8]) -> bool:
    if b - a != name.size:
        return False
    for i in range(name.size):  # noqa: SIM110 (no generators here)
        if text[a + i] != name[i]:
            return False
    return True


@uncounted
def inner_end(text: NDArray[np.uint8], p: int, n: int) -> int:
    """Place of the closing tag of the element whose content starts at text[p]; -1 needs more, -2 unusual.

    Only counts tags; the caller has the content itself checked by a parser.
    """
    depth = 0
    while True:
        while p < n and text[p] != _LT:
            p += 1
        if p + 1 >= n:
            return -1
        c = text[p + 1]
        if c == _BANG or c == 63:
            return -2
        if c == _SLASH:
            if depth == 0:
                return p
            depth -= 1
        last = c
        q = p + 1
        while q < n and text[q] != _GT:
            if text[q] == 34 or text[q] == 39:
                q = quoted_end(text, q + 1, n, text[q])
                if q < 0:
                    return q
            last = text[q]
            q += 1
        if q >= n:
            return -1
        if c != _SLASH and last != _SLASH:
            depth += 1
        p = q + 1


@uncounted
def closing_end(text: NDArray[np.uint8], p: int, n: int, name: NDArray[np.uint8]) -> int:
    """Place after the closing tag </name> at text[p]; -1 needs more, -2 is another tag."""
    q = p + 2
    while q < n and text[q] != _GT:
        q += 1
    if q >= n:
        return -1
    last = q
    while last > p + 2 and is_blank(text[last - 1]):
        last -= 1
    return q + 1 if is_name(text, p + 2, last, name) else -2


@uncounted
def comment_end(text: NDArray[np.uint8], p: int, n: int) -> int:
    """Place after the comment that starts at text[p]; -1 needs more, -2 unusual."""
    if p + 3 >= n:
        return -1
    if text[p + 2] != _DASH or text[p + 3] != _DASH:
        return -2
    q = p + 4
    while q + 2 < n and not (text[q] == _DASH and text[q + 1] == _DASH):
        if text[q] < 32 and not is_blank(text[q]):
            return -2
        q += 1
    if q + 2 >= n:
        return -1
    return q + 3 if text[q + 2] == _GT else -2


@uncounted
def attributes_end(text: NDArray[np.uint8], q: int, n: int, found: NDArray[np.int64]) -> int:
    """Place of the "/" or ">" that ends the start tag whose name ends at text[q]; -1 needs more, -2 unusual.

    Fills `found`: where key and value begin and end, -1 if absent.
    """
    for i in range(4):
        found[i] = -1
    while True:
        before = q
        q = skip_blanks(text, q, n)
        if q >= n:
            return -1
        if text[q] == _GT or text[q] == _SLASH:
            return q
        if q == before:
            return -2
        name_a = q
        while q < n and text[q] != _EQ and not is_blank(text[q]) and text[q] != _GT and text[q] != _LT:
            q += 1
        name_b = q
        q = skip_blanks(text, q, n)
        if q >= n:
            return -1
        if text[q] != _EQ:
            return -2
        q = skip_blanks(text, q + 1, n)
        if q >= n:
            return -1
        if text[q] != 34 and text[q] != 39:
            return -2
        stop = quoted_end(text, q + 1, n, text[q])
        if stop < 0:
            return stop
        if found[KEY_A] < 0 and is_name(text, name_a, name_b, _KEY):
            found[KEY_A], found[KEY_B] = q + 1, stop
        elif found[VALUE_A] < 0 and is_name(text, name_a, name_b, _VALUE):
            found[VALUE_A], found[VALUE_B] = q + 1, stop
        else:
            return -2
        q = stop + 1


@uncounted
def plain_end(text: NDArray[np.uint8], q: int, n: int) -> int:
    """Place after the "/>" or " />" at text[q], -1 if there is none."""
    if q + 2 < n:
        if text[q] == _SPACE:
            q += 1
        if text[q] == _SLASH and text[q + 1] == _GT:
            return q + 2
    return -1
