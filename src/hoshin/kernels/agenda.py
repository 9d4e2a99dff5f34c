"""The event heap and the waiting lines of a simulation, as links between flat records."""

from __future__ import annotations

from numba import njit

from hoshin.kernels import memory as mem
from hoshin.kernels.plan import MAX_HEAP, N_HEAP, N_SEQ, OVERFLOW


@njit(cache=True, nogil=True)
def push(m: int, t: float, kind: int, what: int, gen: int, first: bool) -> None:
    """Put an event on the heap; at equal times `first` ones lead, then those pushed earlier."""
    heap, n = mem.heap(m), mem.counts(m)
    i = n[N_HEAP]
    if i >= n[MAX_HEAP]:
        n[OVERFLOW] = 1
        return
    n[N_HEAP] = i + 1
    n[N_SEQ] += 1
    seq = n[N_SEQ] - (1 << 60) if first else n[N_SEQ]
    while i > 0:
        up = (i - 1) >> 1
        if heap[up].t < t or (heap[up].t == t and heap[up].seq < seq):
            break
        heap[i] = heap[up]
        i = up
    heap[i].t = t
    heap[i].seq = seq
    heap[i].kind = kind
    heap[i].what = what
    heap[i].gen = gen


@njit(cache=True, nogil=True)
def pop(m: int) -> None:
    """Take the root off the heap; the caller has read it."""
    heap, n = mem.heap(m), mem.counts(m)
    last = n[N_HEAP] - 1
    n[N_HEAP] = last
    if last == 0:
        return
    t, seq = heap[last].t, heap[last].seq
    i = 0
    while True:
        down = 2 * i + 1
        if down >= last:
            break
        if down + 1 < last and (
            heap[down + 1].t < heap[down].t
            or (heap[down + 1].t == heap[down].t and heap[down + 1].seq < heap[down].seq)
        ):
            down += 1
        if heap[down].t > t or (heap[down].t == t and heap[down].seq > seq):
            break
        heap[i] = heap[down]
        i = down
    heap[i] = heap[last]


@njit(cache=True, nogil=True)
def join_queue(m: int, act: int, i: int) -> None:
    """Link task `i` into the queue of `act` by (key, seq), searching from the tail: O(1) for FIFO."""
    tasks, queue = mem.tasks(m), mem.queues(m)[act]
    at = queue.tail
    while at >= 0 and (
        tasks[at].key > tasks[i].key or (tasks[at].key == tasks[i].key and tasks[at].seq > tasks[i].seq)
    ):
        at = tasks[at].prev
    after = queue.head if at < 0 else tasks[at].next
    tasks[i].prev, tasks[i].next = at, after
    if at < 0:
        queue.head = i
    else:
        tasks[at].next = i
    if after < 0:
        queue.tail = i
    else:
        tasks[after].prev = i
    queue.size += 1


@njit(cache=True, nogil=True)
def leave_queue(m: int, act: int, i: int) -> None:
    """Unlink task `i`. O(1)."""
    tasks, queue = mem.tasks(m), mem.queues(m)[act]
    a, b = tasks[i].prev, tasks[i].next
    if a < 0:
        queue.head = b
    else:
        tasks[a].next = b
    if b < 0:
        queue.tail = a
    else:
        tasks[b].prev = a
    queue.size -= 1
