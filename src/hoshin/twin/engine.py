"""Run a plan: buffers, replications, and what a run yields as numbers and as an event log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import plan as layout
from hoshin.kernels.draw import stream_keys
from hoshin.kernels.memory import Memory
from hoshin.kernels.plan import Arrivals, Plan, State
from hoshin.kernels.run import run

Floats = NDArray[np.float64]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One replication. `arrive_s`, `end_s` float64 (n_cases,), NaN end = unfinished; `status` int8 (RUNNING,
    DONE, ABANDONED, ENDLESS); `rows` ROW records, one per completion (empty unless logged); `tally` TALLY per
    activity and `used_s` work per resource, both after the warm-up; `wip_case_s` integral of cases in the
    system from warm-up to `last_s`; `n_events` arrivals and completions."""

    arrive_s: Floats
    end_s: Floats
    status: NDArray[np.int8]
    rows: NDArray[np.void]
    tally: NDArray[np.void]
    used_s: Floats
    wip_case_s: float
    last_s: float
    n_events: int
    n_started: int

    def cycle_s(self, warm_s: float = -np.inf) -> Floats:
        """Cycle times of the cases that arrived after `warm_s` and are done."""
        keep = (self.status == layout.DONE) & (self.arrive_s >= warm_s)
        cycle: Floats = self.end_s[keep] - self.arrive_s[keep]
        return cycle


def make_arrivals(
    t: Floats,
    seed: int,
    replication: int = 0,
    *,
    priority: Floats | None = None,
    due: Floats | None = None,
    state: NDArray[np.int64] | None = None,
    bits: NDArray[np.int64] | None = None,
    stay_open: NDArray[np.void] | None = None,
) -> Arrivals:
    """Arrivals at sorted times `t`; each case has its own random stream under (seed, replication)."""
    n = t.size
    return Arrivals(
        np.ascontiguousarray(t, dtype=np.float64),
        np.zeros(n) if priority is None else priority,
        np.zeros(n) if due is None else due,
        np.zeros(n, dtype=np.int64) if state is None else state,
        np.full(n, -1, dtype=np.int64) if bits is None else bits,
        stream_keys(n, seed, replication),
        np.zeros(0, dtype=layout.OPEN) if stay_open is None else stay_open,
    )


@dataclass(slots=True)
class Room:
    """Sizes that sufficed last time, so that the next replication does not start too small."""

    tasks: int = 1024
    rows: int = 0


def simulate(
    plan: Plan,
    arrivals: Arrivals,
    *,
    warm_s: float = -np.inf,
    horizon_s: float = np.inf,
    log: bool = False,
    n_live: int = 0,
    since_s: float = -np.inf,
    room: Room | None = None,
) -> Run:
    """One replication of `plan`. Memory grows with the cases under way (and 17 bytes a case for results)."""
    room = room or Room()
    if log and room.rows == 0:
        room.rows = max(1024, 8 * arrivals.t.size)
    while True:
        state = _state(plan, arrivals, room.tasks, room.rows if log else 0)
        memory = Memory((*plan, *arrivals, *state))
        last = run(memory.address, arrivals.t.size, n_live, since_s, warm_s, horizon_s)
        if state.n[layout.OVERFLOW] == 0:
            break
        if state.n[layout.OVERFLOW] == 2:
            room.rows *= 2
        else:
            room.tasks *= 4
    n = state.n
    return Run(
        arrivals.t, state.end, state.status, state.rows[: n[layout.N_ROWS]].copy(), state.tally, state.used,
        float(state.sums[0]), float(last), int(n[layout.N_EVENTS]), int(n[layout.N_STARTED]),
    )  # fmt: skip


def _state(plan: Plan, arrivals: Arrivals, tasks: int, rows: int) -> State:
    n_acts, n_res, n_cases = plan.acts.size, plan.res.size, arrivals.t.size
    queues = np.zeros(n_acts, dtype=layout.QUEUE)
    for name in ("head", "tail", "held", "held_tail"):
        queues[name] = -1
    duty = np.zeros(n_res, dtype=layout.DUTY)
    duty["until"] = -np.inf
    n = np.zeros(layout.N_COUNTS, dtype=np.int64)
    n[layout.FREE_TASK] = n[layout.FREE_CASE] = -1
    n[layout.N_LABELS], n[layout.N_OPEN], n[layout.N_BINS] = n_acts, arrivals.open.size, plan.warp.shape[1] - 1
    n[layout.MAX_HEAP], n[layout.MAX_ROWS] = 4 * tasks + n_res, rows
    n[layout.MAX_TASKS] = n[layout.MAX_CASES] = tasks
    return State(
        np.empty(tasks, dtype=layout.CASE), np.empty((tasks, n_acts), dtype=np.int32),
        np.empty(tasks, dtype=layout.TASK), np.empty(4 * tasks + n_res, dtype=layout.HEAP), queues, duty,
        np.empty(rows, dtype=layout.ROW), np.full(n_cases, np.nan), np.zeros(n_cases, dtype=np.int8),
        np.zeros(n_acts, dtype=layout.TALLY), np.zeros(n_res), n, np.zeros(2),
    )  # fmt: skip


def replicate(
    task: Callable[[int], Result], replications: int | Sequence[int], executor: Executor | None = None
) -> list[Result]:
    """`task(replication)` for each, in order, on `executor`: any `concurrent.futures.Executor`.

    By default threads: the kernel lets go of the interpreter. For processes or a cluster, `task` must pickle
    (a functools.partial of a module's function does).
    """
    which = range(replications) if isinstance(replications, int) else replications
    if len(which) == 0:
        raise InvalidInput("twin.replications", "There must be at least one replication.")
    if executor is not None:
        return list(executor.map(task, which))
    with ThreadPoolExecutor() as pool:
        return list(pool.map(task, which))
