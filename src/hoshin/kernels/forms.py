"""How elements met before began, to know the next one without taking it apart again.

Tools write `<string key="org:resource" value="` alike for every event and attributes in one order. So each
such beginning, a *form*, remembers which form came after it; where the text agrees, only the value is read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.compiled import uncounted
from hoshin.kernels.markup import KEY_A, KEY_B, VALUE_A
from hoshin.kernels.spans import same

MOST, ROOM, LONGEST = 512, 1 << 16, 512
# Places in a row of `what`.
START, SIZE, LEVEL, KIND, NUMBER, KEY, KEY_SIZE = range(7)


class Forms(NamedTuple):
    """`bytes` uint8: how the forms begin, one after the other; `what` int32 (MOST, 7): a row per form, row 0 is
    none; `after` int32 (MOST,): the form that last followed; `used` int64 (2,): how many rows, and the last form."""

    bytes: NDArray[np.uint8]
    what: NDArray[np.int32]
    after: NDArray[np.int32]
    used: NDArray[np.int64]


def make() -> Forms:
    """No form yet."""
    return Forms(
        np.zeros(ROOM, dtype=np.uint8),
        np.zeros((MOST, 7), dtype=np.int32),
        np.zeros(MOST, dtype=np.int32),
        np.array([1, 0]),
    )


@uncounted
def learn(
    forms: Forms, text: NDArray[np.uint8], p: int, level: int, kind: int, number: int, found: NDArray[np.int64]
) -> None:
    """Remember how the element at text[p] began, up to its value, as what came after the one before it.

    `found` int64 (4,): where its key and value begin and end. O(forms).
    """
    size = found[VALUE_A] - p
    known = filled = 0
    count = forms.used[0]
    for form in range(1, count):
        start = forms.what[form, START]
        filled = start + forms.what[form, SIZE]
        alike = forms.what[form, NUMBER] == number and forms.what[form, LEVEL] == level
        if alike and forms.what[form, SIZE] == size and same(forms.bytes, start, text, p, size):
            known = form
            break
    if known == 0 and size <= LONGEST and count < MOST and filled + size <= ROOM:
        for i in range(size):
            forms.bytes[filled + i] = text[p + i]
        forms.what[count, START], forms.what[count, SIZE], forms.what[count, LEVEL] = filled, size, level
        forms.what[count, KIND], forms.what[count, NUMBER] = kind, number
        forms.what[count, KEY], forms.what[count, KEY_SIZE] = found[KEY_A] - p, found[KEY_B] - found[KEY_A]
        forms.used[0] = count + 1
        known = count
    forms.after[forms.used[1]] = known
    forms.used[1] = known
