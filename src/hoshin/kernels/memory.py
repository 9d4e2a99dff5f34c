"""The memory of a simulation as one address: accessors that turn it into arrays inside a kernel.

Handing thirty arrays from function to function costs more than the simulation itself (each carries its
shape, strides and a counted reference), so a kernel gets one number: the address of a list of addresses.
`Memory` owns the arrays and must outlive the call.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype
from numpy.typing import NDArray

from hoshin.kernels import plan as layout
from hoshin.kernels.compiled import uncounted
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


def _accessor(slot: int, dtype: Any) -> Any:
    """What turns the address of the memory into its array at `slot`, inline and without a count of references.

    Inlined, it has no cache file of its own that two processes could write over each other.
    """
    item = from_dtype(np.dtype(dtype))
    found = types.Array(item, 1, "C")

    @intrinsic
    def array(context: Any, m: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            addresses = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
            address = builder.load(builder.gep(addresses, [context.get_constant(types.intp, slot)]))
            made = context.make_array(found)(context, builder)
            size = context.get_constant(types.intp, np.dtype(dtype).itemsize)
            data = builder.inttoptr(address, made.data.type)
            shape = [context.get_constant(types.intp, ANY_LENGTH)]
            populate_array(made, data=data, shape=shape, strides=[size], itemsize=size, meminfo=None)
            return made._getvalue()

        return found(types.int64), build

    return array


(acts, skills, by_res, resources, state_ptr, ways, dists, table, cal_ptr, cal_lo, cal_hi, off_lo, off_hi, warp,
 arrive, priorities, dues, first_states, bits, keys, opened, cases, occurrences, tasks, heap, queues, duty, rows,
 ends, statuses, tallies, used, counts, sums) = (
    _accessor(slot, dtype) for slot, dtype in enumerate(FIELDS.values())
)  # fmt: skip


def _element(slot: int, dtype: Any) -> Any:
    """What turns the address of the memory and an index from 0 into a record, without a look at the index's sign."""
    kind = np.dtype(dtype)
    found = from_dtype(kind)

    @intrinsic
    def record(context: Any, m: Any, i: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            addresses = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
            address = builder.load(builder.gep(addresses, [context.get_constant(types.intp, slot)]))
            offset = builder.mul(arguments[1], context.get_constant(types.intp, kind.itemsize))
            return builder.inttoptr(builder.add(address, offset), context.get_value_type(found))

        return found(types.int64, types.int64), build

    return record


_slots = {name: slot for slot, name in enumerate(FIELDS)}
(act_at, skill_at, resource_at, way_at, opened_at, case_at, task_at, event_at, queue_at, duty_at, row_at, tally_at) = (
    _element(_slots[name], FIELDS[name])
    for name in ("acts", "skills", "resources", "ways", "opened", "cases", "tasks", "heap", "queues", "duty", "rows",
                 "tallies")
)  # fmt: skip


@uncounted
def move_event(m: int, to: int, at: int) -> None:
    """Copy an event on the heap from place `at` to place `to`."""
    a, b = event_at(m, to), event_at(m, at)
    a.t, a.seq, a.kind, a.what, a.gen = b.t, b.seq, b.kind, b.what, b.gen


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
