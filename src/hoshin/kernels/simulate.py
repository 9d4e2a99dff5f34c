"""Discrete events of a process: cases flow through activities, queue for resources, wait for shifts.

Source: Law, Simulation Modeling and Analysis (2015), ch. 1-2. Slow twin: tests/naive_twin.py::simulate.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np

from hoshin.kernels.agenda import join_queue, leave_queue, push
from hoshin.kernels.compiled import uncounted
from hoshin.kernels.draw import BOT, CHOICE, DELAY, PATIENCE, ROUTE, STICK, WORK, draw, uniform
from hoshin.kernels.memory import (
    act_at,
    bits,
    by_res,
    cal_hi,
    cal_lo,
    cal_ptr,
    case_at,
    counts,
    dists,
    dues,
    duty_at,
    ends,
    occurrences,
    off_hi,
    off_lo,
    priorities,
    queue_at,
    resource_at,
    skill_at,
    state_ptr,
    statuses,
    table,
    tally_at,
    task_at,
    used,
    warp,
    way_at,
)  # fmt: skip
from hoshin.kernels.plan import (
    ABANDONED,
    DEADLINE,
    DONE,
    END,
    ENDLESS,
    FREE_CASE,
    FREE_TASK,
    LIFO,
    MAX_TASKS,
    N_BINS,
    N_LABELS,
    N_SEQ,
    N_TASKS,
    OVERFLOW,
    PRIORITY,
    SHORTEST,
    WIP,
)  # fmt: skip
from hoshin.kernels.roster import FOREVER_S, WEEK_S, add_work, next_on, segment

COMPLETE, READY, WAKE, RENEGE, FLUSH = range(5)
DELAYED, HELD, QUEUED, WORKING = range(4)
MAX_STEPS = 20_000


@uncounted
def available(m: int, r: int, now: float) -> bool:
    """Whether resource `r` is on duty with a hand free; its duty is looked up once per shift edge."""
    d = duty_at(m, r)
    if d.busy >= resource_at(m, r).capacity:
        return False
    if now >= d.until:
        off = (resource_at(m, r).off_lo, resource_at(m, r).off_hi)
        on, until = segment(now, resource_at(m, r).roster, cal_ptr(m), cal_lo(m), cal_hi(m), off, off_lo(m), off_hi(m))
        d.on, d.until = on, until
    return d.on == 1


@uncounted
def wake(m: int, r: int, now: float) -> None:
    """See that resource `r`, off duty, looks for work when it comes back."""
    if duty_at(m, r).awake == 1:
        return
    off = (resource_at(m, r).off_lo, resource_at(m, r).off_hi)
    t = next_on(now, resource_at(m, r).roster, cal_ptr(m), cal_lo(m), cal_hi(m), off, off_lo(m), off_hi(m))
    if t < FOREVER_S:
        duty_at(m, r).awake = 1
        push(m, t, WAKE, r, 0, True)


@uncounted
def beyond(m: int, dist: int, least: float, u: float) -> float:
    """`u` moved to the part of [0, 1) where `dist` exceeds `least`: draws given that. Bisection, 53 steps."""
    lo, hi = 0.0, 1.0
    for _ in range(53):
        mid = 0.5 * (lo + hi)
        if draw(dists(m), table(m), dist, mid) > least:
            hi = mid
        else:
            lo = mid
    return min(hi + (1.0 - hi) * u, 1.0 - 2.0**-53)


@uncounted
def start(m: int, i: int, k: int, now: float, warm: float) -> None:
    """Begin task `i` by skill row `k` (-1: nobody needed) and schedule its end."""
    task = task_at(m, i)
    act = act_at(m, task.act)
    task.gen += 1
    dist = act.dist if k < 0 else skill_at(m, k).dist
    scale = act.scale if k < 0 else act.scale * skill_at(m, k).scale
    key = case_at(m, task.case).key
    u = uniform(key, act.label, task.occ, WORK)
    if task.elapsed > 0:  # under way when a live run began: given that it has lasted so long
        u = beyond(m, dist, task.elapsed / scale, u)
    work = max(scale * draw(dists(m), table(m), dist, u) - task.elapsed, 0.0)
    end = now + work
    task.res = -1
    if k >= 0:
        r = skill_at(m, k).res
        task.res = r
        duty_at(m, r).busy += 1
        if act.pause == 1 and resource_at(m, r).roster + (resource_at(m, r).off_hi - resource_at(m, r).off_lo) >= 0:
            off = (resource_at(m, r).off_lo, resource_at(m, r).off_hi)
            end = add_work(
                now, work, resource_at(m, r).roster, cal_ptr(m), cal_lo(m), cal_hi(m), off, off_lo(m), off_hi(m)
            )
            if end >= FOREVER_S:  # leaves for good meanwhile: finishes what is in hand
                end = add_work(
                    now, work, resource_at(m, r).roster, cal_ptr(m), cal_lo(m), cal_hi(m), (0, 0), off_lo(m), off_hi(m)
                )
        if now >= warm:
            used(m)[r] += work
    push(m, end, COMPLETE, i, 0, False)
    tally = tally_at(m, task.act)
    mate = i
    while mate >= 0:
        other = task_at(m, mate)
        other.start, other.res, other.stage = now, task.res, WORKING
        if now >= warm:
            tally.n += 1
            tally.late += now > other.ready
            tally.delay += other.ready - other.enabled
            tally.wait += now - other.ready
        mate = other.mate
    if now >= warm:
        tally.span += end - now
        tally.work += work


@uncounted
def pick(m: int, i: int, now: float) -> int:
    """A skill row for task `i`: the last resource of the case if it sticks, else by weight; -1 if none is free."""
    task = task_at(m, i)
    act = act_at(m, task.act)
    case = case_at(m, task.case)
    total, only, found = 0.0, -1, 0
    for k in range(act.skill_lo, act.skill_hi):
        if available(m, skill_at(m, k).res, now):
            keeps = act.stick > 0 and skill_at(m, k).res == case.last
            if keeps and uniform(case.key, task.act, task.occ, STICK) < act.stick:
                return k
            total += skill_at(m, k).weight
            only = k
            found += 1
            if act.stick < 0:  # in the order of the list
                return k
    if found < 2:
        return only
    left = total * uniform(case.key, task.act, task.occ, CHOICE)
    for k in range(act.skill_lo, act.skill_hi):
        if available(m, skill_at(m, k).res, now):
            left -= skill_at(m, k).weight
            if left < 0:
                return k
    return only


@uncounted
def offer(m: int, i: int, now: float, warm: float) -> None:
    """Task `i` is ready: start it, or queue it and let resources off duty know."""
    task = task_at(m, i)
    act = act_at(m, task.act)
    if act.skill_lo == act.skill_hi:
        start(m, i, -1, now, warm)
        return
    k = pick(m, i, now)
    if k >= 0:
        start(m, i, k, now, warm)
        return
    case = case_at(m, task.case)
    counts(m)[N_SEQ] += 1
    task.seq = counts(m)[N_SEQ]
    task.stage = QUEUED
    key = 0.0
    if act.queue == LIFO:
        key = -float(task.seq)
    elif act.queue == SHORTEST:
        dist = skill_at(m, act.skill_lo).dist
        key = draw(dists(m), table(m), dist, uniform(case.key, act.label, task.occ, WORK))
    elif act.queue == PRIORITY:
        key = priorities(m)[case.id]
    elif act.queue == DEADLINE:
        key = dues(m)[case.id]
    task.key = key - act.boost
    join_queue(m, task.act, i)
    if act.patience >= 0:
        limit = draw(dists(m), table(m), act.patience, uniform(case.key, act.label, task.occ, PATIENCE))
        push(m, now + limit, RENEGE, i, task.gen, False)
    for k in range(act.skill_lo, act.skill_hi):
        r = skill_at(m, k).res
        if duty_at(m, r).busy < resource_at(m, r).capacity:
            wake(m, r, now)


@uncounted
def dispatch(m: int, r: int, now: float, warm: float) -> None:
    """Resource `r` looks for work: the best head (lowest key, then longest waiting) of the queues it can serve."""
    while duty_at(m, r).busy < resource_at(m, r).capacity:
        best = -1
        for j in range(resource_at(m, r).skill_lo, resource_at(m, r).skill_hi):
            k = by_res(m)[j]
            head = queue_at(m, skill_at(m, k).act).head
            if head >= 0 and (
                best < 0
                or task_at(m, head).key < task_at(m, queue_at(m, skill_at(m, best).act).head).key
                or (
                    task_at(m, head).key == task_at(m, queue_at(m, skill_at(m, best).act).head).key
                    and task_at(m, head).seq < task_at(m, queue_at(m, skill_at(m, best).act).head).seq
                )
            ):
                best = k
        if best < 0:
            return
        if not available(m, r, now):
            wake(m, r, now)
            return
        i = queue_at(m, skill_at(m, best).act).head
        leave_queue(m, skill_at(m, best).act, i)
        start(m, i, best, now, warm)


@uncounted
def ready(m: int, i: int, now: float, warm: float) -> None:
    """Task `i` has served its delay: it joins its batch, or is offered."""
    task = task_at(m, i)
    act = act_at(m, task.act)
    task.ready = now
    task.gen += 1
    if act.batch < 2:
        offer(m, i, now, warm)
        return
    q = queue_at(m, task.act)
    task.stage, task.next, task.mate = HELD, -1, -1
    if q.n_held == 0:
        q.held = i
        if act.batch_wait < np.inf:
            push(m, now + act.batch_wait, FLUSH, task.act, q.round, False)
    else:
        task_at(m, q.held_tail).next = i
    q.held_tail = i
    q.n_held += 1
    if q.n_held >= act.batch:
        flush(m, task.act, now, warm)


@uncounted
def flush(m: int, act: int, now: float, warm: float) -> None:
    """Release the batch held for `act`: as one job of several cases, or as jobs that queue together."""
    q = queue_at(m, act)
    i = q.held
    q.held, q.n_held = -1, 0
    q.round += 1
    if i < 0:
        return
    if act_at(m, act).together == 1:
        at = i
        while at >= 0:
            task_at(m, at).mate = task_at(m, at).next
            at = task_at(m, at).next
        offer(m, i, now, warm)
        return
    while i >= 0:
        after = task_at(m, i).next
        offer(m, i, now, warm)
        i = after


@uncounted
def warped(m: int, clock: int, now: float, delay: float) -> float:
    """When `delay` seconds of warp clock have passed after `now`: the clock runs fast in busy hours, not in idle."""
    bins = counts(m)[N_BINS]
    w = warp(m)[clock * (bins + 1) : (clock + 1) * (bins + 1)]
    width = WEEK_S / bins
    base = np.floor(now / WEEK_S) * WEEK_S
    at = (now - base) / width
    b = min(int(at), bins - 1)
    target = w[b] + (at - b) * (w[b + 1] - w[b]) + delay
    weeks = np.floor(target / WEEK_S)
    target -= weeks * WEEK_S
    lo, hi = 0, bins - 1
    while lo < hi:  # first bin whose end lies beyond the target
        mid = (lo + hi) // 2
        if w[mid + 1] > target:
            hi = mid
        else:
            lo = mid + 1
    rise = w[lo + 1] - w[lo]
    inside = (target - w[lo]) / rise if rise > 0 else 0.0
    return max(base + weeks * WEEK_S + (lo + inside) * width, now)


@uncounted
def new_task(m: int, c: int, act: int, label: int, now: float) -> int:
    """A task slot for case slot `c`, or -1 when there is no room (the caller runs again with more)."""
    i = counts(m)[FREE_TASK]
    if i >= 0:
        counts(m)[FREE_TASK] = task_at(m, i).next
    else:
        i = counts(m)[N_TASKS]
        if i >= counts(m)[MAX_TASKS]:
            counts(m)[OVERFLOW] = 1
            return -1
        counts(m)[N_TASKS] += 1
        task_at(m, i).gen = 0
    task = task_at(m, i)
    task.case, task.act, task.res, task.enabled, task.ready, task.mate = c, act, -1, now, now, -1
    task.elapsed = 0.0
    task.occ = occurrences(m)[c * counts(m)[N_LABELS] + label]
    occurrences(m)[c * counts(m)[N_LABELS] + label] += 1
    return i


@uncounted
def enable(m: int, c: int, w: int, now: float, warm: float) -> None:
    """Way `w` is taken by case slot `c`: its activity, or the bot for it, is delayed, batched or offered."""
    case = case_at(m, c)
    act = way_at(m, w).act
    label = act_at(m, act).label
    alt = act_at(m, act).alt
    takes = alt >= 0 and (act_at(m, act).alt_bit < 0 or (bits(m)[case.id] >> act_at(m, act).alt_bit) & 1)
    occ = occurrences(m)[c * counts(m)[N_LABELS] + label]
    if takes and uniform(case.key, label, occ, BOT) < act_at(m, act).alt_p:
        act = alt
    i = new_task(m, c, act, label, now)
    if i < 0:
        return
    case.open += 1
    if way_at(m, w).delay >= 0:
        delay = way_at(m, w).scale * draw(
            dists(m), table(m), way_at(m, w).delay, uniform(case.key, label, task_at(m, i).occ, DELAY)
        )
        if delay > 0:
            task_at(m, i).stage = DELAYED
            until = now + delay if way_at(m, w).clock < 0 else warped(m, way_at(m, w).clock, now, delay)
            push(m, until, READY, i, 0, False)
            return
    ready(m, i, now, warm)


@uncounted
def next_way(m: int, c: int) -> int:
    """Draw the way on from the state of case slot `c`."""
    case = case_at(m, c)
    lo, hi = state_ptr(m)[case.state], state_ptr(m)[case.state + 1] - 1
    if lo < hi:
        u = uniform(case.key, -1, case.step, ROUTE)
        while lo < hi:
            mid = (lo + hi) // 2
            if u < way_at(m, mid).cum:
                hi = mid
            else:
                lo = mid + 1
    case.step += 1
    return lo


@uncounted
def advance(m: int, c: int, now: float, warm: float) -> None:
    """Case slot `c` has no open task: take its next way and those that run beside it, or end it."""
    case = case_at(m, c)
    w = case.way if case.way >= 0 else next_way(m, c)
    if way_at(m, w).act == END or case.gone == 1 or case.step > MAX_STEPS:
        ends(m)[case.id] = now
        statuses(m)[case.id] = ABANDONED if case.gone == 1 else (DONE if way_at(m, w).act == END else ENDLESS)
        case.state = counts(m)[FREE_CASE]
        counts(m)[FREE_CASE] = c
        counts(m)[WIP] -= 1
        return
    while counts(m)[OVERFLOW] == 0:
        case.state = way_at(m, w).next
        enable(m, c, w, now, warm)
        w = next_way(m, c)
        if way_at(m, w).act == END or way_at(m, w).par == 0 or case.step > MAX_STEPS:
            break
    case.way = w
