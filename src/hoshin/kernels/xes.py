"""Split the bytes of an XES document into cells: (row, key, value), without making a Python object.

The tokenizer knows the plain form that tools write. Whatever else XML allows (namespace prefixes, CDATA,
processing instructions, other elements or XML attributes) it reports as `UNUSUAL`, and the careful
reader takes the whole file; so it must never accept what is not well-formed.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hoshin.kernels.compiled import uncounted
from hoshin.kernels.dates import digits, parse_date
from hoshin.kernels.forms import KEY as FORM_KEY
from hoshin.kernels.forms import KEY_SIZE, KIND, NUMBER, SIZE, START, Forms, learn
from hoshin.kernels.forms import LEVEL as FORM_LEVEL
from hoshin.kernels.markup import (
    KEY_A,
    KEY_B,
    VALUE_A,
    VALUE_B,
    attributes_end,
    bytes_of,
    closing_end,
    comment_end,
    inner_end,
    is_blank,
    is_name,
    plain_end,
    skip_blanks,
)  # fmt: skip
from hoshin.kernels.spans import load, quoted_end, same
from hoshin.kernels.words import Words, code_of, find, has_room

MORE, DONE, TEXTS_FULL, KEYS_FULL, UNUSUAL = 0, 1, 2, 3, -1
# Places in the state array.
POS, LEVEL, TRACES, EVENTS, N_CELLS, N_EVENTS = range(6)
# Kinds of value; + CASE for an attribute of a trace. Below N_KINDS with it.
STRING, ID, FLOAT, BOOLEAN, LIST, CONTAINER, NESTED, DATE_TEXT, INT_TEXT, DATE, NAIVE, INT = range(12)
CASE, N_KINDS = 16, 32
OFFSET_ZERO = 900
MAX_VALUE = 10_000_000  # what the careful reader takes

Ints: TypeAlias = NDArray[np.int32]
Longs: TypeAlias = NDArray[np.int64]
_LT, _GT, _SLASH, _BANG = 60, 62, 47, 33


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


_STRING, _DATE, _INT, _FLOAT, _BOOLEAN, _ID, _LIST, _CONTAINER, _TRACE, _EVENT, _LOG = map(
    bytes_of,
    ["string", "date", "int", "float", "boolean", "id", "list", "container", "trace", "event", "log"],
)
_SEVEN = np.uint64((1 << 56) - 1)
_EVENT_BEGINS = np.uint64(int.from_bytes(b"<event>", "little"))
_EVENT_ENDS = np.uint64(int.from_bytes(b"</event>", "little"))


@uncounted
def _kind(text: NDArray[np.uint8], a: int, b: int) -> int:
    """Kind of the element named text[a:b], -1 if it is no attribute."""
    c = text[a]
    if c == 115:
        return STRING if is_name(text, a, b, _STRING) else -1
    if c == 100:
        return DATE if is_name(text, a, b, _DATE) else -1
    if c == 105:
        return INT if is_name(text, a, b, _INT) else (ID if is_name(text, a, b, _ID) else -1)
    if c == 102:
        return FLOAT if is_name(text, a, b, _FLOAT) else -1
    if c == 98:
        return BOOLEAN if is_name(text, a, b, _BOOLEAN) else -1
    if c == 108:
        return LIST if is_name(text, a, b, _LIST) else -1
    if c == 99:
        return CONTAINER if is_name(text, a, b, _CONTAINER) else -1
    return -1


@uncounted
def _number(keys: Keys, text: NDArray[np.uint8], a: int, b: int, kind: int) -> int:
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
def tokenize(
    text: NDArray[np.uint8],
    n: int,
    state: NDArray[np.int64],
    cells: Cells,
    texts: Words,
    keys: Keys,
    forms: Forms,
    offsets: NDArray[np.int64],
) -> int:
    """Take in text[state[POS]:n], a piece that starts between elements inside <log>.

    Returns MORE (state[POS] is where to go on when more text stands after it), DONE (</log> was met, and
    only blanks and comments after), TEXTS_FULL or KEYS_FULL (as MORE, but first `texts` or `keys`
    needs more room) or UNUSUAL. Fills `cells`, `texts`, `keys`, `forms` and `offsets` int64 (1801,),
    the dates per zone offset in minutes + OFFSET_ZERO. `cells` must have room for one per 20 bytes, and
    an event per 8. O(n).
    Slow twin: connect/_xes_tree.py::read_cells.
    """
    # Taken apart here, once: inside the loop each part taken out of a tuple would count references.
    return _take(
        text, n, state, cells.row, cells.key, cells.value, cells.trace, texts, texts.slots, texts.hashes, texts.starts,
        texts.arena, texts.used, keys, forms, forms.bytes, forms.what, forms.after, forms.used, offsets,
        np.empty(4, dtype=np.int64),
    )  # fmt: skip


@uncounted
def _take(
    text: NDArray[np.uint8], n: int, state: Longs, cell_row: Ints, cell_key: Ints, cell_value: Longs, trace: Ints,
    texts: Words, slots: Ints, hashes: NDArray[np.uint64], starts: Longs, arena: NDArray[np.uint8], used: Longs,
    keys: Keys, forms: Forms, form_bytes: NDArray[np.uint8], form_what: Ints, form_after: Ints, form_used: Longs,
    offsets: Longs, found: Longs,
) -> int:  # fmt: skip
    """The loop of `tokenize`, whose arguments these are, taken apart."""
    p = state[POS]
    while True:
        p = skip_blanks(text, p, n)
        state[POS] = p
        if p >= n:
            return DONE if state[LEVEL] == 0 else MORE
        if text[p] != _LT:
            return UNUSUAL
        if p + 1 >= n:
            return MORE
        level = state[LEVEL]
        if p + 8 <= n:
            tag = load(text, p)
            if level == 3 and tag == _EVENT_ENDS:
                state[LEVEL] = 2
                p += 8
                continue
            if level == 2 and tag & _SEVEN == _EVENT_BEGINS:
                trace[state[N_EVENTS]] = state[TRACES] - 1
                state[N_EVENTS] += 1
                state[EVENTS] += 1
                state[LEVEL] = 3
                p += 7
                continue
        c = text[p + 1]
        if c == _BANG:
            q = comment_end(text, p, n)
            if q < 0:
                return MORE if q == -1 else UNUSUAL
            p = q
            continue
        if level == 0:
            return UNUSUAL
        if c == _SLASH:
            q = closing_end(text, p, n, _LOG if level == 1 else (_TRACE if level == 2 else _EVENT))
            if q < 0:
                return MORE if q == -1 else UNUSUAL
            state[LEVEL] = level - 1
            p = q
            continue
        inner_a = inner_b = nested = -1
        form = form_after[form_used[1]]
        known = False
        if form > 0 and form_what[form, FORM_LEVEL] == level:
            value_a = p + form_what[form, SIZE]
            if value_a < n and same(text, p, form_bytes, form_what[form, START], form_what[form, SIZE]):
                value_b = quoted_end(text, value_a, n, text[value_a - 1])
                if value_b >= 0 and value_b - value_a <= MAX_VALUE:
                    q = plain_end(text, value_b + 1, n)
                    known = q >= 0
        if known:
            if used[0] + 2 > hashes.size or starts[used[0]] + value_b - value_a > arena.size:
                return TEXTS_FULL
            kind = form_what[form, KIND]
            number = form_what[form, NUMBER]
            key_a = p + form_what[form, FORM_KEY]
            key_b = key_a + form_what[form, KEY_SIZE]
            form_used[1] = form
        else:
            a = p + 1
            q = a
            while q < n and not is_blank(text[q]) and text[q] != _GT and text[q] != _SLASH and text[q] != _LT:
                q += 1
            if q >= n:
                return MORE
            if q == a:
                return UNUSUAL
            if (level == 1 and is_name(text, a, q, _TRACE)) or (level == 2 and is_name(text, a, q, _EVENT)):
                q = skip_blanks(text, q, n)
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
                    trace[state[N_EVENTS]] = state[TRACES] - 1
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
            q = attributes_end(text, q, n, found)
            if q < 0:
                return MORE if q == -1 else UNUSUAL
            key_a, key_b, value_a, value_b = found[KEY_A], found[KEY_B], found[VALUE_A], found[VALUE_B]
            if text[q] == _SLASH:
                if q + 1 >= n:
                    return MORE
                if text[q + 1] != _GT:
                    return UNUSUAL
                q += 2
            else:
                inner_a = q + 1
                inner_b = inner_end(text, inner_a, n)
                if inner_b < 0:
                    return MORE if inner_b == -1 else UNUSUAL
                q = closing_end(text, inner_b, n, text[a:tag_end])
                if q < 0:
                    return MORE if q == -1 else UNUSUAL
                if skip_blanks(text, inner_a, inner_b) == inner_b:
                    inner_a = inner_b = -1
            if not has_room(texts, 2, value_b - value_a + inner_b - inner_a):
                return TEXTS_FULL
            if not has_room(keys.names, 1, key_b - key_a):
                return KEYS_FULL
            listed = kind in (LIST, CONTAINER)
            if key_a < 0 or listed != (value_a < 0) or value_b - value_a > MAX_VALUE:
                return UNUSUAL
            kind += 0 if level == 3 else CASE
            if inner_a >= 0 and not listed:
                nested = _number(keys, text, key_a, key_b, NESTED + (kind & CASE))
            number = _number(keys, text, key_a, key_b, kind)
            if key_a < value_a and not listed:
                learn(forms, text, p, level, kind, number, found)
        k = state[N_CELLS]
        row = state[EVENTS] - 1 if level == 3 else state[TRACES] - 1
        scope, kind = kind & CASE, kind & ~CASE
        if kind in (LIST, CONTAINER):
            value = find(slots, hashes, starts, arena, used, text, max(inner_a, 0), max(inner_b, 0))
        else:
            value, own = 0, True
            if kind == DATE:
                form_of_date, value, offset = parse_date(text, value_a, value_b)
                if form_of_date == 1:
                    offsets[offset + OFFSET_ZERO] += 1
                else:
                    own = form_of_date == 2
                    number = _number(keys, text, key_a, key_b, (NAIVE if own else DATE_TEXT) + scope)
            elif kind == INT:
                negative = value_b > value_a and text[value_a] == 45
                first = value_a + 1 if negative else value_a
                value = digits(text, first, value_b - first) if 0 < value_b - first < 19 else -1
                own = value >= 0
                if not own:
                    number = _number(keys, text, key_a, key_b, INT_TEXT + scope)
                elif negative:
                    value = -value
            else:
                own = False
            if not own:
                value = find(slots, hashes, starts, arena, used, text, value_a, value_b)
            if inner_a >= 0:
                cell_row[k], cell_key[k] = row, nested
                cell_value[k] = find(slots, hashes, starts, arena, used, text, inner_a, inner_b)
                k += 1
        cell_row[k], cell_key[k], cell_value[k] = row, number, value
        state[N_CELLS] = k + 1
        p = q


@uncounted
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
