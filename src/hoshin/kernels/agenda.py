"""The event heap and the waiting lines of a simulation, as links between flat records."""

from __future__ import annotations

from hoshin.kernels import memory as mem
from hoshin.kernels.compiled import uncounted
from hoshin.kernels.plan import MAX_HEAP, N_HEAP, N_SEQ, OVERFLOW


@uncounted
def push(m: int, t: float, kind: int, what: int, gen: int, first: bool) -> None:
    """Put an event on the heap; at equal times `first` ones lead, then those pushed earlier."""
    n = mem.counts(m)
    i = n[N_HEAP]
    if i >= n[MAX_HEAP]:
        n[OVERFLOW] = 1
        return
    n[N_HEAP] = i + 1
    n[N_SEQ] += 1
    seq = n[N_SEQ] - (1 << 60) if first else n[N_SEQ]
    while i > 0:
        up = (i - 1) >> 1
        if mem.event_at(m, up).t < t or (mem.event_at(m, up).t == t and mem.event_at(m, up).seq < seq):
            break
        mem.move_event(m, i, up)
        i = up
    mem.event_at(m, i).t = t
    mem.event_at(m, i).seq = seq
    mem.event_at(m, i).kind = kind
    mem.event_at(m, i).what = what
    mem.event_at(m, i).gen = gen


@uncounted
def pop(m: int) -> None:
    """Take the root off the heap; the caller has read it."""
    n = mem.counts(m)
    last = n[N_HEAP] - 1
    n[N_HEAP] = last
    if last == 0:
        return
    t, seq = mem.event_at(m, last).t, mem.event_at(m, last).seq
    i = 0
    while True:
        down = 2 * i + 1
        if down >= last:
            break
        if down + 1 < last:
            one, two = mem.event_at(m, down), mem.event_at(m, down + 1)
            if two.t < one.t or (two.t == one.t and two.seq < one.seq):
                down += 1
        if mem.event_at(m, down).t > t or (mem.event_at(m, down).t == t and mem.event_at(m, down).seq > seq):
            break
        mem.move_event(m, i, down)
        i = down
    mem.move_event(m, i, last)


@uncounted
def join_queue(m: int, act: int, i: int) -> None:
    """Link task `i` into the queue of `act` by (key, seq), searching from the tail: O(1) for FIFO."""
    queue = mem.queue_at(m, act)
    at = queue.tail
    key, seq = mem.task_at(m, i).key, mem.task_at(m, i).seq
    while at >= 0:
        other = mem.task_at(m, at)
        if other.key < key or (other.key == key and other.seq < seq):
            break
        at = other.prev
    after = queue.head if at < 0 else mem.task_at(m, at).next
    mem.task_at(m, i).prev, mem.task_at(m, i).next = at, after
    if at < 0:
        queue.head = i
    else:
        mem.task_at(m, at).next = i
    if after < 0:
        queue.tail = i
    else:
        mem.task_at(m, after).prev = i
    queue.size += 1


@uncounted
def leave_queue(m: int, act: int, i: int) -> None:
    """Unlink task `i`. O(1)."""
    queue = mem.queue_at(m, act)
    a, b = mem.task_at(m, i).prev, mem.task_at(m, i).next
    if a < 0:
        queue.head = b
    else:
        mem.task_at(m, a).next = b
    if b < 0:
        queue.tail = a
    else:
        mem.task_at(m, b).prev = a
    queue.size -= 1
