"""Alignments of variants with one model, apart from any log: what is worth keeping between calls."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

# Part of every key: raise it when kernels choose other moves among equally good ones. Every deviation costs 1.
RULES = "1, unit costs"
Arrays = Mapping[str, NDArray[Any]]


class Memory(Protocol):
    """Where alignments are kept under a key; it may forget anything at any time."""

    def read(self, key: str) -> Arrays | None: ...

    def write(self, key: str, arrays: Arrays) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Traces and their optimal alignments, in the model's own numbers: its labels sorted, then one number for all else.

    Trace v is `activity[start[v]:start[v + 1]]`; `cost`, `offset`, `event`, `fires` as in `Alignments`.
    """

    activity: NDArray[np.int32]
    start: NDArray[np.int64]
    cost: NDArray[np.int32]
    offset: NDArray[np.int64]
    event: NDArray[np.int32]
    fires: NDArray[np.int32]

    @classmethod
    def read(cls, memory: Memory | None, key: str) -> Solved:
        """What `memory` holds under `key`, or nothing."""
        held = memory.read(key) if memory else None
        if held is not None and set(held) == set(cls.__slots__):
            return cls(**{name: held[name] for name in cls.__slots__})
        flat, at = np.empty(0, dtype=np.int32), np.zeros(1, dtype=np.int64)
        return cls(flat, at, flat, at, flat, flat)

    def write(self, memory: Memory, key: str) -> None:
        memory.write(key, {name: getattr(self, name) for name in self.__slots__})

    def rows(self) -> dict[bytes, int]:
        """The place of every trace."""
        return {self.activity[a:b].tobytes(): v for v, (a, b) in enumerate(zip(self.start[:-1], self.start[1:]))}

    def plus(self, other: Solved) -> Solved:
        """These and behind them those of `other`."""
        return Solved(
            np.concatenate([self.activity, other.activity]),
            np.concatenate([self.start, self.start[-1] + other.start[1:]]),
            np.concatenate([self.cost, other.cost]),
            np.concatenate([self.offset, self.offset[-1] + other.offset[1:]]),
            np.concatenate([self.event, other.event]),
            np.concatenate([self.fires, other.fires]),
        )

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> Solved:
        """Those at `rows`, in that order."""
        own = np.asarray(rows, dtype=np.int64)
        spelled, start = _stretches(self.start, own)
        moved, offset = _stretches(self.offset, own)
        return Solved(self.activity[spelled], start, self.cost[own], offset, self.event[moved], self.fires[moved])


def _stretches(at: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the values of `rows` stand, and where each row begins once they are put together."""
    sizes = (at[1:] - at[:-1])[rows]
    begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.repeat(at[rows] - begins[:-1], sizes) + np.arange(begins[-1]), begins


def key_of(method: str, labels: Sequence[str], layout: Sequence[Any]) -> str:
    """SHA-256 (hex) of a model as the aligner sees it: its labels, and the arrays that the kernel is given."""
    digest = hashlib.sha256(json.dumps([RULES, method, list(labels)]).encode())
    for part in layout:
        values = np.ascontiguousarray(part)
        digest.update(f"{values.dtype.str}{values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
