"""How kernels of tight loops over many arrays are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def uncounted(function: F) -> F:
    """Compile `function` without counting references to arrays; such a function may not make an array.

    numba counts at every call and every part taken out of a tuple, atomically, which costs more than the
    work on a short value (measured: half of the time of reading XES). The caller holds the arrays anyway.
    """
    compiled: F = njit(cache=True, nogil=True, _nrt=False)(function)  # type: ignore[call-overload]
    return compiled
