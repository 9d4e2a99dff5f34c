"""Process drift: after which case the way of working changed, in what, and how surely.

Cases, in order of arrival, are a sequence of feature vectors: which steps follow which (flow), or how
long things take (time). A stretch is tested for one change of means; where it is found, both halves are
tested again (binary segmentation). Significance comes from shuffling blocks of neighbouring cases, so
short-lived dependence between neighbours does not raise false alarms. Seasons longer than a block are
real changes of the process over time and are reported as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from hoshin.errors import InvalidInput
from hoshin.kernels import drift as kernel
from hoshin.log.eventlog import EventLog
from hoshin.mine.significance import benjamini_hochberg, compare_samples, share_test
from hoshin.units import NS_PER_S

Floats = NDArray[np.float64]
START, END = "(start)", "(end)"


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """`matrix` float64 (n_cases, n_features), in order of arrival, and what each feature is. `order` int64
    (n_cases,): the case number at each position."""

    matrix: Floats
    names: tuple[str, ...]
    order: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """A change after position `after` (0-based, the last case of the old way) of the order of arrival.

    A gradual one lasts from `first` to `last`, both positions like `after`, which is their middle; for a
    sudden one all three are equal. `p` is the permutation p of the stretch it was found in (the
    smallest, if gradual); `changes` the features that changed: name, before, after (means over the
    stretches between neighbouring drifts), q.
    """

    first: int
    last: int
    p: float
    changes: tuple[tuple[str, float, float, float], ...] = ()

    @property
    def after(self) -> int:
        return (self.first + self.last) // 2


def find_drifts(
    signals: Signals,
    *,
    level: float = 0.01,
    least: int = 50,
    block: int = 10,
    gradual: int = 200,
    rounds: int = 1999,
    seed: int = 0,
) -> list[Drift]:
    """The drifts in `signals`, earliest first, each with at least `least` cases on either side.

    Every stretch is tested once at `level`, by the sum over features (a broad change) and by the largest
    (a narrow one), Bonferroni over the two. Without drift, the chance of any alarm in a log is `level`.
    Drifts that no longer stand out between their final neighbours are dropped. Those with at most
    `gradual` cases between them, all a mixture of what is before and after, are one gradual drift.
    """
    if not 0 < level < 1 or least < 2 or block < 1:
        raise InvalidInput("drift.options", f"level {level}, least {least}, block {block}: not all make sense.")
    found: list[Drift] = []
    open_ = [(0, signals.matrix.shape[0])]
    while open_:
        begin, end = open_.pop()
        if end - begin < 2 * least:
            continue
        part = signals.matrix[begin:end]
        p, guess = _test(part, least, block, rounds, level, seed + begin)
        if p > level:
            continue
        at = begin + _locate(part, guess, least)
        found.append(Drift(at - 1, at - 1, p))
        open_ += [(begin, at), (at, end)]
    found = _settle(signals, sorted(found, key=lambda d: d.after), least)
    while found:
        edges = [0, *(d.after + 1 for d in found), signals.matrix.shape[0]]
        parts = [signals.matrix[edges[k] : edges[k + 2]] for k in range(len(found))]
        again = [_test(part, least, block, rounds, level, seed + k)[0] for k, part in enumerate(parts)]
        found = [Drift(d.first, d.last, p) for d, p in zip(found, again)]
        if max(again) <= level:
            break
        del found[int(np.argmax(again))]
        found = _settle(signals, found, least)
    found = _merge(signals, found, gradual)
    begins = [0, *(d.last + 1 for d in found)]
    ends = [*(d.first + 1 for d in found), signals.matrix.shape[0]]
    stretches = [signals.matrix[lo:hi] for lo, hi in zip(begins, ends)]
    return [
        Drift(d.first, d.last, d.p, _changes(before, after, signals.names))
        for d, before, after in zip(found, stretches, stretches[1:])
    ]


def _test(part: Floats, least: int, block: int, rounds: int, level: float, seed: int) -> tuple[float, int]:
    """p of a change within `part`, and the split (in cases) where it is strongest."""
    keep = part.std(axis=0) > 0
    x = part[:, keep]
    if x.shape[1] == 0:
        return 1.0, 0
    edges = np.arange(0, x.shape[0], block)
    total = np.add.reduceat(x, edges, axis=0)
    size = np.diff(np.append(edges, x.shape[0])).astype(np.float64)
    enough = int(np.ceil(level * rounds)) + 5
    p_sum, p_max, at_sum, at_max = kernel.permutation_p(
        total, size, 1 / x.var(axis=0), float(least), rounds, enough, seed
    )  # fmt: skip
    at = at_sum if p_sum <= p_max else at_max
    return min(2 * min(p_sum, p_max), 1.0), int(at * block)


def _locate(part: Floats, guess: int, least: int) -> int:
    """The split, to the case, by the features that clearly changed around `guess`."""
    variance = part.var(axis=0)
    n = part.shape[0]
    guess = min(max(guess, least), n - least)
    gap = part[:guess].mean(axis=0) - part[guess:].mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, np.abs(gap) * np.sqrt(guess * (n - guess) / n / variance), 0.0)
    q = benjamini_hochberg(2 * stats.norm.sf(z))
    chosen = q <= 0.001
    if not chosen.any():
        chosen = z == z.max()
    x = part[:, chosen]
    # Within-side variances are those of the two ways of working, not of their mixture.
    left, right = x[:guess], x[guess:]
    spread = (left.var(axis=0) * guess + right.var(axis=0) * (n - guess)) / n + 0.01
    before = np.cumsum(x, axis=0)[least - 1 : n - least]
    count = np.arange(least, n - least + 1, dtype=np.float64)[:, None]
    gaps = before / count - (x.sum(axis=0) - before) / (n - count)
    score = (count * (n - count) / n * gaps**2 / spread).sum(axis=1)
    return int(least + np.argmax(score))


def _settle(signals: Signals, found: list[Drift], least: int) -> list[Drift]:
    """Locate every drift again between its final neighbours, twice: a first split may have straddled another."""
    for _ in range(2):
        edges = [0, *(d.after + 1 for d in found), signals.matrix.shape[0]]
        moved: list[Drift] = []
        for k, d in enumerate(found):
            lo, hi = moved[-1].after + 1 if moved else 0, edges[k + 2]
            at = lo + _locate(signals.matrix[lo:hi], edges[k + 1] - lo, least) if hi - lo >= 2 * least else edges[k + 1]
            moved.append(Drift(at - 1, at - 1, d.p))
        found = moved
    return found


def _merge(signals: Signals, found: list[Drift], gradual: int) -> list[Drift]:
    """Make neighbours one gradual drift where what lies between is a mixture of before and after."""
    merged = list(found)
    k = 0
    while k + 1 < len(merged):
        a, b = merged[k], merged[k + 1]
        begin = merged[k - 1].last + 1 if k else 0
        end = merged[k + 2].first + 1 if k + 2 < len(merged) else signals.matrix.shape[0]
        stretches = (begin, a.first + 1), (a.first + 1, b.last + 1), (b.last + 1, end)
        if b.last - a.first <= gradual and _is_mixture(*(signals.matrix[lo:hi] for lo, hi in stretches)):
            merged[k : k + 2] = [Drift(a.first, b.last, min(a.p, b.p))]
        else:
            k += 1
    return merged


def _is_mixture(before: Floats, between: Floats, after: Floats) -> bool:
    """Whether the means of `between` lie on the line from those of `before` to those of `after`, up to noise.

    Off the line they may stray by twice what sampling error makes likely (the sum over features of
    squared standard errors).
    """
    spread = np.concatenate([before, between, after]).std(axis=0)
    keep = spread > 0
    a, m, b = (x[:, keep].mean(axis=0) / spread[keep] for x in (before, between, after))
    line = b - a
    length = float(line @ line)
    if length == 0:
        return False
    part = float((m - a) @ line) / length
    off = m - a - part * line
    noise = keep.sum() * (1 / len(between) + part**2 / len(after) + (1 - part) ** 2 / len(before))
    return 0 < part < 1 and float(off @ off) <= 2 * noise


def _changes(before: Floats, after: Floats, names: tuple[str, ...]) -> tuple[tuple[str, float, float, float], ...]:
    """Features that differ between two stretches, the largest difference first."""
    both = np.concatenate([before, after])
    p = np.ones(len(names))
    for k in range(p.size):
        if ((both[:, k] == 0) | (both[:, k] == 1)).all():
            p[k] = share_test(before[:, k].sum(), len(before), after[:, k].sum(), len(after))
        elif np.ptp(both[:, k]) > 0:
            p[k] = compare_samples(before[:, k], after[:, k])[0]
    q = benjamini_hochberg(p)
    a, b = before.mean(axis=0), after.mean(axis=0)
    order = np.argsort(-np.abs(b - a), kind="stable")
    return tuple((names[k], float(a[k]), float(b[k]), float(q[k])) for k in order if q[k] <= 0.01)


def flow_signals(log: EventLog, *, by: Literal["time", "log"] = "time", least: int = 10) -> Signals:
    """Which steps directly follow which in each case (start and end included), and which repeat: 0 or 1.

    `by` orders cases by their begin, or as they stand in the log. Features in fewer than `least` cases
    (or lacking in fewer) are left out.
    """
    n_act = len(log.activities)
    case = log.case_of_event().astype(np.int64)
    width = n_act + 1
    held = np.diff(log.case_start) > 0
    first, last = log.case_start[:-1][held], log.case_start[1:][held] - 1
    inner = np.ones(log.n_events, dtype=np.bool_)
    inner[last] = False
    at = np.flatnonzero(inner)
    a = log.activity.astype(np.int64)
    pair = np.concatenate([a[at] * width + a[at + 1], n_act * width + a[first], a[last] * width + n_act])
    where = np.concatenate([case[at], case[first], case[last]])
    key, count = np.unique(where * (width * width) + pair, return_counts=True)
    rows, codes = key // (width * width), key % (width * width)
    again = count > 1
    names = [*log.activities]
    parts, labels = [], []
    for r, c, suffix in ((rows, codes, ""), (rows[again], codes[again], " again")):
        seen, column = np.unique(c, return_inverse=True)
        block = sparse.csc_matrix((np.ones(r.size), (r, column)), shape=(log.n_cases, seen.size))
        n = np.asarray(block.sum(axis=0)).ravel()
        kept = np.flatnonzero((n >= least) & (n <= log.n_cases - least))
        parts.append(block[:, kept].toarray())
        for k in seen[kept]:
            x, y = divmod(int(k), width)
            labels.append(f"{names[x] if x < n_act else START} > {names[y] if y < n_act else END}{suffix}")
    order = _order(log, by)
    return Signals(np.ascontiguousarray(np.hstack(parts)[order]), tuple(labels), order)


def time_signals(log: EventLog, *, by: Literal["time", "log"] = "time", least: int = 50) -> Signals:
    """How long each case takes, and the time before each activity in it: normal scores, 0 where it lacks it.

    Ranks make one monster case count as one case.
    """
    case = log.case_of_event()
    gap = np.zeros(log.n_events)
    gap[1:] = np.where(case[1:] == case[:-1], np.maximum(log.begin_ns()[1:] - log.t_ns[:-1], 0) / NS_PER_S, 0.0)
    columns, names = [_scores(log.cycle_time_s())], ["cycle time"]
    for code, name in enumerate(log.activities):
        at = log.activity == code
        n = np.bincount(case[at], minlength=log.n_cases)
        held = n > 0
        if held.sum() >= least:
            mean = np.bincount(case[at], gap[at], minlength=log.n_cases)[held] / n[held]
            if np.ptp(mean) > 0:
                column = np.zeros(log.n_cases)
                column[held] = _scores(mean)
                columns.append(column)
                names.append(f"time before {name}")
    order = _order(log, by)
    return Signals(np.ascontiguousarray(np.stack(columns, axis=1)[order]), tuple(names), order)


def _scores(value: Floats) -> Floats:
    return np.asarray(stats.norm.ppf(stats.rankdata(value) / (value.size + 1)))


def _order(log: EventLog, by: str) -> NDArray[np.int64]:
    if by == "log":
        return np.arange(log.n_cases)
    return np.argsort(log.case_begin_ns(), kind="stable").astype(np.int64)


def drift_table(log: EventLog, signals: Signals, found: list[Drift], *, most: int = 3) -> list[dict[str, Any]]:
    """A row per drift: the first case of the new way, when it began, how surely, and the largest changes."""
    frame_ns = log.case_begin_ns()
    rows = []
    for d in found:
        case = int(signals.order[d.after + 1])
        rows.append(
            {
                "after_cases": d.after + 1,
                "kind": "sudden" if d.first == d.last else f"gradual, cases {d.first + 1:,} to {d.last + 1:,}",
                "first_case": log.case_ids[case],
                "at": str(np.datetime64(int(frame_ns[case]), "ns").astype("datetime64[s]")),
                "p": d.p,
                "changed": len(d.changes),
                "largest": "; ".join(f"{name}: {a:.2g} to {b:.2g}" for name, a, b, _ in d.changes[:most]),
            }
        )
    return rows
