"""Optimal alignments: how each case fits a model, and where it departs from it.

One alignment per variant. A block-structured model with disjoint parallel branches is solved by dynamic
programming, any other net by A*; both give the least number of deviations. Silent steps are left out.
Source: Carmona, van Dongen, Solti, Weidlich, Conformance Checking (2018), ch. 7.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import HoshinError, InvalidInput, NotConverged
from hoshin.kernels import align as blocks_kernel
from hoshin.kernels import search as search_kernel
from hoshin.kernels.search import Parts
from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform import parts, regions
from hoshin.mine.conform.solved import Memory, Solved, key_of
from hoshin.mine.model.family import Model, as_net, find_tree
from hoshin.mine.model.petri import PetriNet

LIMIT = 1_000_000
# Below this many squared events (about 5 ms) threads cost more than they save.
WORTH_THREADS = 100_000
Kernel = Callable[[NDArray[np.int32], NDArray[np.int64]], tuple[NDArray[np.generic], ...]]
# One step of an alignment: (activity in the log, activity in the model), None where it has none.
Move = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Alignments:
    """An optimal alignment per variant of a log.

    `labels` are the activities, first those of the log. `variant` int32 (n_cases,) is the variant of a case,
    `first_case` int64 (n_variants,) an example. `cost` int32 (n_variants,) counts deviations, `worst` int64
    (n_variants,) those of the worst alignment (every event a log move, the shortest run of the model).
    The moves of variant v stand at `offset[v]:offset[v + 1]`: `event` int32, the position in the trace or
    -1, and `fires` int32, the label that the model does or -1.
    """

    labels: tuple[str, ...]
    variant: NDArray[np.int32]
    first_case: NDArray[np.int64]
    cost: NDArray[np.int32]
    worst: NDArray[np.int64]
    offset: NDArray[np.int64]
    event: NDArray[np.int32]
    fires: NDArray[np.int32]
    traces: tuple[NDArray[np.int32], ...]
    method: str

    @property
    def n_variants(self) -> int:
        return int(self.cost.size)

    @property
    def total_cost(self) -> int:
        """Deviations of the whole log."""
        return int(self.cost[self.variant].sum())

    def case_cost(self) -> NDArray[np.int32]:
        """int32 (n_cases,)."""
        return self.cost[self.variant]

    def case_fitness(self) -> NDArray[np.float64]:
        """1 - cost / worst per case: float64 (n_cases,)."""
        return self.variant_fitness()[self.variant]

    def variant_fitness(self) -> NDArray[np.float64]:
        return 1.0 - self.cost / np.maximum(self.worst, 1)

    @property
    def fitness(self) -> float:
        """Mean over cases; 1 for a log without cases."""
        return float(self.case_fitness().mean()) if self.variant.size else 1.0

    @property
    def log_fitness(self) -> float:
        """1 - total cost / total of the worst costs."""
        worst = int(self.worst[self.variant].sum())
        return 1.0 - self.total_cost / worst if worst else 1.0

    def moves(self, v: int) -> list[Move]:
        """The alignment of variant `v`, in order.

        >>> from hoshin.mine.model.tree import parse_tree
        >>> align(EventLog.from_traces(["acd"]), parse_tree("->( 'a', 'b', 'c' )")).moves(0)
        [('a', 'a'), (None, 'b'), ('c', 'c'), ('d', None)]
        """
        trace, span = self.traces[v], slice(int(self.offset[v]), int(self.offset[v + 1]))
        return [
            (self.labels[trace[e]] if e >= 0 else None, self.labels[f] if f >= 0 else None)
            for e, f in zip(self.event[span], self.fires[span])
        ]

    def run(self, v: int) -> tuple[str, ...]:
        """What the model does in the alignment of variant `v`."""
        fires = self.fires[self.offset[v] : self.offset[v + 1]]
        return tuple(self.labels[f] for f in fires if f >= 0)


def align(
    log: EventLog, model: Model, *, threads: int | None = None, limit: int = LIMIT, memory: Memory | None = None
) -> Alignments:
    """An optimal alignment of every variant of `log` with `model`.

    `threads` defaults to the processors. `limit` bounds the markings that the search for a net that is not
    block-structured may visit; NotConverged(conform.limit) when it is reached. InvalidInput(conform.dead)
    if the model has no complete run. What `memory` holds is not aligned again, and what was aligned is added to it,
    also when others reached the limit; the alignments are the same with and without.
    """
    codes = {name: code for code, name in enumerate(log.activities)}
    net = as_net(model)
    labels = sorted(net.labels())
    for label in labels:
        codes.setdefault(label, len(codes))
    # Apart from the log: the model's labels sorted, and one number for every activity that it lacks.
    numbers = {label: number for number, label in enumerate([*labels, max(labels, default="") + "\0"])}
    own = np.array([numbers.get(name, len(labels)) for name in log.activities], dtype=np.int32)
    variant, first_case = group_traces(log.activity, log.case_start)
    traces = tuple(log.activity[log.case_start[c] : log.case_start[c + 1]] for c in first_case)
    kernel, method, layout = _kernel(model, net, numbers, limit)
    key = key_of(method, labels, layout) if memory else ""
    held = known = Solved.read(memory, key)
    spelled = [own[t] for t in traces]
    try:
        known, (empty,) = _extend(known, [np.empty(0, np.int32)], kernel, 1)
        if empty < 0:
            raise _without_run(empty, limit)
        known, rows = _extend(known, spelled, kernel, threads or os.cpu_count() or 1)
    finally:
        if memory and known is not held:
            known.write(memory, key)
    if min(rows, default=0) < 0:
        raise NotConverged(
            "conform.limit",
            f"{sum(r < 0 for r in rows)} of {len(rows)} variants were not aligned within {limit:,} markings.",
            hint="Raise the limit, or use a block-structured model (hoshin model discover LOG), which needs none.",
        )
    found = known.take(rows)
    worst = np.array([t.size for t in traces], dtype=np.int64) + known.cost[empty]
    fires = np.array([*(codes[label] for label in labels), -1], dtype=np.int32)[found.fires]
    return Alignments(
        tuple(codes), variant, first_case, found.cost, worst, found.offset, found.event, fires, traces, method
    )


def _extend(known: Solved, traces: list[NDArray[np.int32]], kernel: Kernel, threads: int) -> tuple[Solved, list[int]]:
    """`known` with those of `traces` that it lacks, and the row of each trace; below 0 what the kernel said instead."""
    rows = known.rows()
    missing = {t.tobytes(): t for t in traces if t.tobytes() not in rows}
    if missing:
        new = tuple(missing.values())
        start = np.concatenate([[0], np.cumsum([t.size for t in new])]).astype(np.int64)
        done = Solved(np.concatenate(new), start, *_share_out(kernel, new, threads))
        right = np.flatnonzero(done.cost >= 0)
        rows |= {spelled: int(cost) for spelled, cost in zip(missing, done.cost)}
        if right.size:
            spelled = list(missing)
            rows |= {spelled[v]: known.cost.size + i for i, v in enumerate(right.tolist())}
            known = known.plus(done.take(right))
    return known, [rows[t.tobytes()] for t in traces]


def _without_run(said: int, limit: int) -> HoshinError:
    if said == -1:
        return NotConverged(
            "conform.limit",
            f"No complete run of the model was found within {limit:,} markings.",
            hint="Raise the limit, or use a block-structured model (hoshin model discover LOG), which needs none.",
        )
    return InvalidInput(
        "conform.dead",
        "The model has no run from its initial to its final marking.",
        hint="Check it with: hoshin model check MODEL",
    )


def _kernel(model: Model, net: PetriNet, codes: dict[str, int], limit: int) -> tuple[Kernel, str, Sequence[Any]]:
    tree = find_tree(model)
    if tree is not None and regions.has_disjoint_branches(tree):
        blocks = regions.lay_out(tree, codes)
        return partial(blocks_kernel.align_blocks, blocks), "blocks", blocks
    laid = parts.lay_out(net, codes)

    def search(
        found: Parts, shortest: int, activity: NDArray[np.int32], start: NDArray[np.int64]
    ) -> tuple[NDArray[np.generic], ...]:
        result: tuple[NDArray[np.generic], ...] = search_kernel.align_net(laid, found, activity, start, shortest, limit)
        return result

    @cache
    def prepared() -> Kernel:
        # The empty trace first, with a generous bound: its cost bounds all others.
        found, bound = parts.find_parts(net, codes), 4 * len(net.transitions) + 16
        first = int(search(found, bound, np.empty(0, np.int32), np.zeros(2, np.int64))[0][0])
        return partial(search, found, first if first >= 0 else bound)

    once = Lock()

    def when_needed(activity: NDArray[np.int32], start: NDArray[np.int64]) -> tuple[NDArray[np.generic], ...]:
        with once:
            ready = prepared()
        return ready(activity, start)

    return when_needed, "search", laid


def _share_out(
    kernel: Kernel, traces: tuple[NDArray[np.int32], ...], threads: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Run `kernel` over `traces` in chunks of like work, on threads, and put the results in order."""
    n = len(traces)
    work = np.cumsum([t.size**2 + 16 for t in traces]) if n else np.zeros(0)
    n_chunks = 1 if threads == 1 or n < 2 or work[-1] < WORTH_THREADS else 4 * threads
    cuts = np.searchsorted(work, np.linspace(0, work[-1], n_chunks + 1)[1:-1]).tolist() if n else []
    edges = [0, *cuts, n]

    def run(a: int, b: int) -> tuple[NDArray[np.generic], ...]:
        own = traces[a:b]
        start = np.concatenate([[0], np.cumsum([t.size for t in own], dtype=np.int64)]).astype(np.int64)
        flat = np.concatenate(own) if own else np.empty(0, dtype=np.int32)
        return kernel(flat, start)

    if n_chunks == 1:
        done = [run(0, n)]
    else:
        with ThreadPoolExecutor(threads) as pool:
            done = list(pool.map(run, edges[:-1], edges[1:]))
    sizes = np.concatenate([np.diff(d[1]) for d in done])
    return (
        np.concatenate([d[0] for d in done]).astype(np.int32),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([d[2] for d in done]).astype(np.int32),
        np.concatenate([d[3] for d in done]).astype(np.int32),
    )
