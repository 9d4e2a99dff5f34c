"""The clock of a simulation: takes events in order of time until the cases are done or the horizon is met."""

# mypy: disable-error-code="no-any-return,arg-type"

from __future__ import annotations

import numpy as np

from hoshin.kernels.agenda import leave_queue, pop, push
from hoshin.kernels.compiled import uncounted
from hoshin.kernels.draw import EXCEPTION, uniform
from hoshin.kernels.memory import (
    act_at,
    arrive,
    case_at,
    counts,
    duty_at,
    event_at,
    first_states,
    keys,
    occurrences,
    opened_at,
    queue_at,
    row_at,
    skill_at,
    sums,
    tally_at,
    task_at,
)  # fmt: skip
from hoshin.kernels.plan import (
    FREE_CASE,
    FREE_TASK,
    MAX_CASES,
    MAX_ROWS,
    N_CASES,
    N_EVENTS,
    N_HEAP,
    N_LABELS,
    N_OPEN,
    N_ROWS,
    N_STARTED,
    NOT_STARTED,
    OVERFLOW,
    WIP,
)  # fmt: skip
from hoshin.kernels.simulate import (
    COMPLETE,
    DELAYED,
    QUEUED,
    READY,
    RENEGE,
    WAKE,
    advance,
    dispatch,
    flush,
    new_task,
    ready,
    start,
)  # fmt: skip


@uncounted
def admit(m: int, case_id: int) -> int:
    """A case slot for case `case_id`, -1 when there is no room."""
    c = counts(m)[FREE_CASE]
    if c >= 0:
        counts(m)[FREE_CASE] = case_at(m, c).state
    else:
        c = counts(m)[N_CASES]
        if c >= counts(m)[MAX_CASES]:
            counts(m)[OVERFLOW] = 1
            return -1
        counts(m)[N_CASES] += 1
    case = case_at(m, c)
    case.id, case.state, case.way, case.step, case.open = case_id, first_states(m)[case_id], -1, 0, 0
    case.last, case.gone, case.key = -1, 0, keys(m)[case_id]
    for act in range(counts(m)[N_LABELS]):
        occurrences(m)[c * counts(m)[N_LABELS] + act] = 0
    counts(m)[WIP] += 1
    return c


@uncounted
def write_row(m: int, i: int, now: float, label: int) -> None:
    """Log the completion of task `i`."""
    if counts(m)[MAX_ROWS] == 0:
        return
    at = counts(m)[N_ROWS]
    if at >= counts(m)[MAX_ROWS]:
        counts(m)[OVERFLOW] = 2
        return
    counts(m)[N_ROWS] = at + 1
    row, task = row_at(m, at), task_at(m, i)
    row.case, row.act, row.res = case_at(m, task.case).id, task.act, task.res
    row.enabled, row.ready, row.start, row.end = task.enabled, task.ready, task.start, now


@uncounted
def complete(m: int, i: int, now: float, warm: float) -> None:
    """Task `i`, and the tasks done with it, end: free the resource, hand over failures, move the cases on."""
    r = task_at(m, i).res
    if r >= 0:
        duty_at(m, r).busy -= 1
        dispatch(m, r, now, warm)
    while i >= 0:
        task = task_at(m, i)
        c, mate, act = task.case, task.mate, act_at(m, task.act)
        write_row(m, i, now, act.label)
        counts(m)[N_EVENTS] += 1
        case = case_at(m, c)
        case.last = r
        failed = act.exc_p > 0 and uniform(case.key, act.label, task.occ, EXCEPTION) < act.exc_p
        if failed:
            tally_at(m, task.act).failed += 1
        task.next = counts(m)[FREE_TASK]
        counts(m)[FREE_TASK] = i
        if failed and act.exc_to >= 0:
            j = new_task(m, c, act.exc_to, act.label, now)
            if j < 0:
                return
            if act.exc_after > 0:
                push(m, now + act.exc_after, READY, j, 0, False)
            else:
                ready(m, j, now, warm)
        else:
            case.open -= 1
            if case.open == 0:
                advance(m, c, now, warm)
        i = mate


@uncounted
def renege(m: int, i: int, now: float, warm: float) -> None:
    """Task `i` has waited longer than its case is patient: the case leaves once nothing of it is under way."""
    task = task_at(m, i)
    c = task.case
    leave_queue(m, task.act, i)
    if task.ready >= warm:
        tally_at(m, task.act).lost += 1
    task.gen += 1
    task.next = counts(m)[FREE_TASK]
    counts(m)[FREE_TASK] = i
    case = case_at(m, c)
    case.gone = 1
    case.open -= 1
    if case.open == 0:
        advance(m, c, now, warm)


@uncounted
def begin_live(m: int, case_id: int, at: int, now: float, warm: float) -> int:
    """Put case `case_id` where it stood: its open tasks are opened(m)[at:...]; returns the row after them. Those
    that wait are offered once everybody under way has been placed, in the order of the cases."""
    c = admit(m, case_id)
    while c >= 0 and at < counts(m)[N_OPEN] and opened_at(m, at).case == case_id:
        o = opened_at(m, at)
        at += 1
        i = new_task(m, c, o.act, act_at(m, o.act).label, o.enabled)
        if i < 0:
            break
        case_at(m, c).open += 1
        task_at(m, i).ready = o.enabled
        if o.started <= NOT_STARTED:
            task_at(m, i).stage = DELAYED
            push(m, max(o.ready, now), READY, i, 0, False)
            continue
        task_at(m, i).ready = o.ready
        task_at(m, i).elapsed = max(o.done, 1e-9)
        row = -1
        for k in range(act_at(m, o.act).skill_lo, act_at(m, o.act).skill_hi):
            if skill_at(m, k).res == o.res:
                row = k
        start(m, i, row, now, warm)
        task_at(m, i).start = o.started
    if c >= 0 and case_at(m, c).open == 0:
        advance(m, c, now, warm)
    return at


@uncounted
def run(m: int, n_cases: int, n_live: int, since: float, warm: float, horizon: float) -> float:
    """Simulate `n_cases` arrivals with the memory at address `m` until every case is done or `horizon` is met.

    The first `n_live` cases are under way at time `since` (`opened` says where). Results are left in memory: end and
    status of every case, a log row per completion, tallies per activity and resource from `warm` on, and
    sums[0] = integral of the cases in the system from `warm` to the end. counts(m)[OVERFLOW] != 0 on return: a
    buffer was too small, run again with more. Returns the time of the last event. O(events x log).
    """
    n = counts(m)
    at, coming = 0, 0
    while coming < n_live and n[OVERFLOW] == 0:
        at = begin_live(m, coming, at, since, warm)
        coming += 1
    now = since
    while n[OVERFLOW] == 0:
        top = event_at(m, 0).t if n[N_HEAP] > 0 else np.inf
        arrival = arrive(m)[coming] if coming < n_cases else np.inf
        is_arrival = arrival < top or (arrival == top and top < np.inf and event_at(m, 0).kind != WAKE)
        t = arrival if is_arrival else top
        if t > horizon:
            t = horizon
        if t < np.inf and t > warm and t > now and n[WIP] > 0:
            sums(m)[0] += n[WIP] * (t - max(now, warm))
        if t == np.inf or t >= horizon:
            if t < np.inf:
                now = t
                break
            if not drain(m, now, warm):
                break
            continue
        now = t
        if is_arrival:
            n[N_EVENTS] += 1
            c = admit(m, coming)
            coming += 1
            if c >= 0:
                advance(m, c, now, warm)
            continue
        kind, what, gen = event_at(m, 0).kind, event_at(m, 0).what, event_at(m, 0).gen
        pop(m)
        if kind == COMPLETE:
            complete(m, what, now, warm)
        elif kind == READY:
            ready(m, what, now, warm)
        elif kind == WAKE:
            duty_at(m, what).awake = 0
            dispatch(m, what, now, warm)
        elif kind == RENEGE:
            if task_at(m, what).gen == gen and task_at(m, what).stage == QUEUED:
                renege(m, what, now, warm)
        elif queue_at(m, what).round == gen:
            flush(m, what, now, warm)
    n[N_STARTED] = coming
    return now


@uncounted
def drain(m: int, now: float, warm: float) -> bool:
    """Nothing more will happen: release the batches still held. False when there is none."""
    any_held = False
    for act in range(counts(m)[N_LABELS]):
        if queue_at(m, act).n_held > 0:
            any_held = True
            flush(m, act, now, warm)
    return any_held
