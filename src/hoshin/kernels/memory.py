"""The memory of a simulation as one address: accessors that turn it into arrays inside a kernel.

Handing thirty arrays from function to function costs more than the simulation itself (each carries its
shape, strides and a counted reference), so a kernel gets one number: the address of a list of addresses.
`Memory` owns the arrays and must outlive the call.
"""

# mypy: disable-error-code="call-arg,attr-defined"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import carray, njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from hoshin.kernels import plan as layout
from hoshin.kernels.draw import DIST

ANY_LENGTH = 1 << 40

FIELDS: dict[str, Any] = {
    "acts": layout.ACTIVITY, "skills": layout.SKILL, "by_res": np.int64, "resources": layout.RESOURCE,
    "state_ptr": np.int64, "ways": layout.WAY, "dists": DIST, "table": np.float64, "cal_ptr": np.int64,
    "cal_lo": np.float64, "cal_hi": np.float64, "off_lo": np.float64, "off_hi": np.float64, "warp": np.float64,
    "arrive": np.float64, "priorities": np.float64, "dues": np.float64, "first_states": np.int64, "bits": np.int64,
    "keys": np.uint64, "opened": layout.OPEN, "cases": layout.CASE, "occurrences": np.int32, "tasks": layout.TASK,
    "heap": layout.HEAP, "queues": layout.QUEUE, "duty": layout.DUTY, "rows": layout.ROW, "ends": np.float64,
    "statuses": np.int8, "tallies": layout.TALLY, "used": np.float64, "counts": np.int64, "sums": np.float64,
}  # fmt: skip


@intrinsic
def _pointer(context: Any, address: Any) -> Any:
    """An int64 address as a pointer."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), build


@intrinsic
def _load(context: Any, address: Any, slot: Any) -> Any:
    """The int64 at `slot` of the list at `address`."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.load(builder.gep(first, [arguments[1]]))

    return types.int64(types.int64, types.int64), build


def _accessor(slot: int, dtype: Any) -> Callable[[int], Any]:
    kind = np.dtype(dtype)

    def array(m: int) -> Any:
        return carray(_pointer(_load(m, slot)), ANY_LENGTH, kind)

    # Numba numbers the cache files of functions of one name: two processes that compile at the same time would each
    # write theirs over the other's and read the wrong array. A name of its own gives each a file of its own.
    array.__qualname__ = f"array_{slot}"
    return njit(cache=True, nogil=True)(array)


(acts, skills, by_res, resources, state_ptr, ways, dists, table, cal_ptr, cal_lo, cal_hi, off_lo, off_hi, warp,
 arrive, priorities, dues, first_states, bits, keys, opened, cases, occurrences, tasks, heap, queues, duty, rows,
 ends, statuses, tallies, used, counts, sums) = (
    _accessor(slot, dtype) for slot, dtype in enumerate(FIELDS.values())
)  # fmt: skip


class Memory:
    """Owns the arrays, in the order of FIELDS, and says where they are. InvalidInput never: the caller checks."""

    def __init__(self, arrays: tuple[NDArray[Any], ...]) -> None:
        self.arrays = tuple(
            np.ascontiguousarray(array, dtype=dtype) for array, dtype in zip(arrays, FIELDS.values(), strict=True)
        )
        self._addresses = np.array([array.ctypes.data for array in self.arrays], dtype=np.int64)

    @property
    def address(self) -> int:
        return int(self._addresses.ctypes.data)
