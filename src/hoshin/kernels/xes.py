"""Split the bytes of an XES document into cells: (row, key, value), without making a Python object.

The tokenizer knows the plain form that tools write. Whatever else XML allows (namespace prefixes, CDATA,
processing instructions, other elements or XML attributes) it reports as `UNUSUAL`, and the careful
reader takes the whole file; so it must never accept what is not well-formed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hoshin.kernels.dates import digits, parse_date
from hoshin.kernels.words import Words, code_of, has_room

MORE, DONE, TEXTS_FULL, KEYS_FULL, UNUSUAL = 0, 1, 2, 3, -1
# Places in the state array.
POS, LEVEL, TRACES, EVENTS, N_CELLS, N_EVENTS = range(6)
# Kinds of value; + CASE for an attribute of a trace. Below N_KINDS with it.
STRING, ID, FLOAT, BOOLEAN, LIST, CONTAINER, NESTED, DATE_TEXT, INT_TEXT, DATE, NAIVE, INT = range(12)
CASE, N_KINDS = 16, 32
OFFSET_ZERO = 900
MAX_VALUE = 10_000_000  # what the careful reader takes

_TAB, _LF, _CR, _SPACE = 9, 10, 13, 32
_LT, _GT, _SLASH, _BANG, _EQ, _DASH = 60, 62, 47, 33, 61, 45


class Cells(NamedTuple):
    """Room for what one piece of text holds: `row` int32, `key` int32 and `value` int64 per cell;
    `trace` int32 per event."""

    row: NDArray[np.int32]
    key: NDArray[np.int32]
    value: NDArray[np.int64]
    trace: NDArray[np.int32]


class Keys(NamedTuple):
    """Numbers for (name, kind): `names` of the attributes; `ids` int32 (room for names * N_KINDS,): the
    number or -1; `what` int64: name * N_KINDS + kind of each number; `used` int64 (1,): how many."""

    names: Words
    ids: NDArray[np.int32]
    what: NDArray[np.int64]
    used: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _key(keys: Keys, text: NDArray[np.uint8], a: int, b: int, kind: int) -> int:
    """The number of (text[a:b], kind), the next one if new."""
    what = code_of(keys.names, text, a, b) * N_KINDS + kind
    number = keys.ids[what]
    if number < 0:
        number = np.int32(keys.used[0])
        keys.ids[what] = number
        keys.what[number] = what
        keys.used[0] = number + 1
    return int(number)


@njit(cache=True, nogil=True)
def _blank(c: int) -> bool:
    return c <= _SPACE and (c == _SPACE or c == _LF or c == _TAB or c == _CR)  # noqa: SIM109


@njit(cache=True, nogil=True)
def _skip(text: NDArray[np.uint8], p: int, n: int) -> int:
    while p < n and _blank(text[p]):
        p += 1
    return p


@njit(cache=True, nogil=True)
def _is(text: NDArray[np.uint8], a: int, b: int, name: NDArray[np.uint8]) -> bool:
    if b - a != name.size:
        return False
    for i in range(name.size):  # noqa: SIM110 (no generators here)
        if text[a + i] != name[i]:
            return False
    return True


def _bytes(name: str) -> NDArray[np.uint8]:
    return np.frombuffer(name.encode(), dtype=np.uint8)


_STRING, _DATE, _INT, _FLOAT, _BOOLEAN, _ID, _LIST, _CONTAINER, _TRACE, _EVENT, _LOG, _KEY, _VALUE = map(
    _bytes,
    ["string", "date", "int", "float", "boolean", "id", "list", "container", "trace", "event", "log", "key", "value"],
)


@njit(cache=True, nogil=True)
def _kind(text: NDArray[np.uint8], a: int, b: int) -> int:
    """Kind of the element named text[a:b], -1 if it is no attribute."""
    c = text[a]
    if c == 115:
        return STRING if _is(text, a, b, _STRING) else -1
    if c == 100:
        return DATE if _is(text, a, b, _DATE) else -1
    if c == 105:
        return INT if _is(text, a, b, _INT) else (ID if _is(text, a, b, _ID) else -1)
    if c == 102:
        return FLOAT if _is(text, a, b, _FLOAT) else -1
    if c == 98:
        return BOOLEAN if _is(text, a, b, _BOOLEAN) else -1
    if c == 108:
        return LIST if _is(text, a, b, _LIST) else -1
    if c == 99:
        return CONTAINER if _is(text, a, b, _CONTAINER) else -1
    return -1


@njit(cache=True, nogil=True)
def _quoted(text: NDArray[np.uint8], p: int, n: int) -> int:
    """End of the quoted value that starts at text[p] (the place of its closing quote).

    -1 if the text ends before, -2 if a byte may not stand in a value.
    """
    quote = text[p]
    p += 1
    while p < n:
        c = text[p]
        if c == quote:
            return p
        if c == _LT or (c < 32 and not _blank(c)):
            return -2
        p += 1
    return -1


@njit(cache=True, nogil=True)
def _inner_end(text: NDArray[np.uint8], p: int, n: int) -> int:
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
                q = _quoted(text, q, n)
                if q < 0:
                    return q
            last = text[q]
            q += 1
        if q >= n:
            return -1
        if c != _SLASH and last != _SLASH:
            depth += 1
        p = q + 1


@njit(cache=True, nogil=True)
def _close(text: NDArray[np.uint8], p: int, n: int, name: NDArray[np.uint8]) -> int:
    """Place after the closing tag </name> at text[p]; -1 needs more, -2 is another tag."""
    q = p + 2
    while q < n and text[q] != _GT:
        q += 1
    if q >= n:
        return -1
    last = q
    while last > p + 2 and _blank(text[last - 1]):
        last -= 1
    return q + 1 if _is(text, p + 2, last, name) else -2


@njit(cache=True, nogil=True)
def tokenize(
    text: NDArray[np.uint8],
    n: int,
    state: NDArray[np.int64],
    cells: Cells,
    texts: Words,
    keys: Keys,
    offsets: NDArray[np.int64],
) -> int:
    """Take in text[state[POS]:n], a piece that starts between elements inside <log>.

    Returns MORE (state[POS] is where to go on when more text stands after it), DONE (</log> was met, and
    only blanks and comments after), TEXTS_FULL or KEYS_FULL (as MORE, but first `texts` or `keys`
    needs more room) or UNUSUAL. Fills `cells`, `texts`, `keys` and `offsets` int64 (1801,),
    the dates per zone offset in minutes + OFFSET_ZERO. `cells` must have room for one per 20 bytes, and
    an event per 8. O(n).
    Slow twin: connect/_xes_tree.py::read_cells.
    """
    p = state[POS]
    while True:
        p = _skip(text, p, n)
        state[POS] = p
        if p >= n:
            return DONE if state[LEVEL] == 0 else MORE
        if text[p] != _LT:
            return UNUSUAL
        if p + 1 >= n:
            return MORE
        c = text[p + 1]
        level = state[LEVEL]
        if c == _BANG:
            if p + 3 >= n:
                return MORE
            if text[p + 2] != _DASH or text[p + 3] != _DASH:
                return UNUSUAL
            q = p + 4
            while q + 2 < n and not (text[q] == _DASH and text[q + 1] == _DASH):
                if text[q] < 32 and not _blank(text[q]):
                    return UNUSUAL
                q += 1
            if q + 2 >= n:
                return MORE
            if text[q + 2] != _GT:
                return UNUSUAL
            p = q + 3
            continue
        if level == 0:
            return UNUSUAL
        if c == _SLASH:
            q = _close(text, p, n, _LOG if level == 1 else (_TRACE if level == 2 else _EVENT))
            if q == -1:
                return MORE
            if q < 0:
                return UNUSUAL
            state[LEVEL] = level - 1
            p = q
            continue
        a = p + 1
        q = a
        while q < n and not _blank(text[q]) and text[q] != _GT and text[q] != _SLASH and text[q] != _LT:
            q += 1
        if q >= n:
            return MORE
        if q == a:
            return UNUSUAL
        if (level == 1 and _is(text, a, q, _TRACE)) or (level == 2 and _is(text, a, q, _EVENT)):
            q = _skip(text, q, n)
            if q + 1 >= n:
                return MORE
            leaf = text[q] == _SLASH
            if leaf:
                q += 1
            if text[q] != _GT:
                return UNUSUAL
            if level == 1:
                state[TRACES] += 1
            else:
                cells.trace[state[N_EVENTS]] = state[TRACES] - 1
                state[N_EVENTS] += 1
                state[EVENTS] += 1
            if not leaf:
                state[LEVEL] = level + 1
            p = q + 1
            continue
        kind = _kind(text, a, q) if level > 1 else -1
        if kind < 0:
            return UNUSUAL
        tag_end = q
        key_a = key_b = value_a = value_b = -1
        while True:
            before = q
            q = _skip(text, q, n)
            if q >= n:
                return MORE
            if text[q] == _GT or text[q] == _SLASH:
                break
            if q == before:
                return UNUSUAL
            name_a = q
            while q < n and text[q] != _EQ and not _blank(text[q]) and text[q] != _GT and text[q] != _LT:
                q += 1
            name_b = q
            q = _skip(text, q, n)
            if q >= n:
                return MORE
            if text[q] != _EQ:
                return UNUSUAL
            q = _skip(text, q + 1, n)
            if q >= n:
                return MORE
            if text[q] != 34 and text[q] != 39:
                return UNUSUAL
            stop = _quoted(text, q, n)
            if stop == -1:
                return MORE
            if stop < 0:
                return UNUSUAL
            if key_a < 0 and _is(text, name_a, name_b, _KEY):
                key_a, key_b = q + 1, stop
            elif value_a < 0 and _is(text, name_a, name_b, _VALUE):
                value_a, value_b = q + 1, stop
            else:
                return UNUSUAL
            q = stop + 1
        inner_a = inner_b = -1
        if text[q] == _SLASH:
            if q + 1 >= n:
                return MORE
            if text[q + 1] != _GT:
                return UNUSUAL
            q += 2
        else:
            inner_a = q + 1
            inner_b = _inner_end(text, inner_a, n)
            if inner_b == -1:
                return MORE
            if inner_b < 0:
                return UNUSUAL
            q = _close(text, inner_b, n, text[a:tag_end])
            if q == -1:
                return MORE
            if q < 0:
                return UNUSUAL
            if _skip(text, inner_a, inner_b) == inner_b:
                inner_a = inner_b = -1
        if not has_room(texts, 2, value_b - value_a + inner_b - inner_a):
            return TEXTS_FULL
        if not has_room(keys.names, 1, key_b - key_a):
            return KEYS_FULL
        listed = kind in (LIST, CONTAINER)
        if key_a < 0 or listed != (value_a < 0) or value_b - value_a > MAX_VALUE:
            return UNUSUAL
        scope = 0 if level == 3 else CASE
        row = state[EVENTS] - 1 if level == 3 else state[TRACES] - 1
        if listed:
            value = code_of(texts, text, max(inner_a, 0), max(inner_b, 0))
        elif kind == DATE:
            form, value, offset = parse_date(text, value_a, value_b)
            if form == 0:
                kind = DATE_TEXT
                value = code_of(texts, text, value_a, value_b)
            elif form == 2:
                kind = NAIVE
            else:
                offsets[offset + OFFSET_ZERO] += 1
        elif kind == INT:
            negative = value_b > value_a and text[value_a] == 45
            first = value_a + 1 if negative else value_a
            value = -1
            if 0 < value_b - first < 19:
                value = digits(text, first, value_b - first)
            if value < 0:
                kind = INT_TEXT
                value = code_of(texts, text, value_a, value_b)
            elif negative:
                value = -value
        else:
            value = code_of(texts, text, value_a, value_b)
        k = state[N_CELLS]
        cells.row[k] = row
        cells.value[k] = value
        if inner_a >= 0 and not listed:
            cells.key[k] = _key(keys, text, key_a, key_b, NESTED + scope)
            cells.value[k] = code_of(texts, text, inner_a, inner_b)
            k += 1
            cells.row[k] = row
            cells.value[k] = value
        cells.key[k] = _key(keys, text, key_a, key_b, kind + scope)
        state[N_CELLS] = k + 1
        p = q


@njit(cache=True, nogil=True)
def scatter(
    key: NDArray[np.int32],
    row: NDArray[np.int32],
    value: NDArray[np.int64],
    free: NDArray[np.int64],
    rows: NDArray[np.int32],
    values: NDArray[np.int64],
) -> None:
    """Append the cells of a piece to their keys: those of key k go to rows and values from free[k] on."""
    for i in range(key.size):
        at = free[key[i]]
        rows[at] = row[i]
        values[at] = value[i]
        free[key[i]] = at + 1
