"""Variants of high impact: where cases lose more than the benchmark path, and whether that is more than noise.

The loss of a case (delay, rework or cost) above the mean loss on the benchmark path is its excess. Two
views: each variant by itself, and rules (has, repeats, goes from A to B, ends with) that isolate many
variants at once, because most variants are too rare to say anything about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from hoshin.errors import InvalidInput
from hoshin.kernels import variants as kernel
from hoshin.log.eventlog import EventLog
from hoshin.mine.significance import benjamini_hochberg, compare_samples, mid_ranks, rank_test
from hoshin.mine.trait import traits

Choice = Literal["best", "commonest"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Benchmark:
    """The path that the others are held against. `variant` numbers it, `loss` is its mean loss, `why` says how
    it was chosen."""

    variant: int
    path: tuple[str, ...]
    n_cases: int
    loss: float
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Excess:
    """`variant` int32 (n_cases,); `excess` float64 (n_cases,), loss minus that of the benchmark path."""

    log: EventLog
    benchmark: Benchmark
    variant: NDArray[np.int32]
    first_case: NDArray[np.int64]
    excess: Floats

    @property
    def total(self) -> float:
        return float(self.excess.sum())


def find_excess(log: EventLog, loss: Floats, *, choice: Choice = "best", least_share: float = 0.05) -> Excess:
    """Hold the `loss` of every case, float64 (n_cases,), against a benchmark path.

    best: of the variants that carry at least `least_share` of the cases (and 30 of them), the one with
    the least mean loss; commonest: the most frequent variant. Where no variant is that frequent, the
    commonest is taken. Raises InvalidInput(impact.empty) for a log without cases.
    """
    if log.n_cases == 0:
        raise InvalidInput("impact.empty", f"Log {log.name!r} has no cases.")
    variant, first_case = kernel.group_traces(log.activity, log.case_start)
    n = np.bincount(variant)
    mean = np.bincount(variant, loss) / n
    frequent = np.flatnonzero(n >= max(30, least_share * log.n_cases))
    if choice == "best" and frequent.size:
        chosen = int(frequent[np.argmin(mean[frequent])])
        why = f"least mean loss of the {frequent.size} variants with at least {least_share:.0%} of the cases"
    else:
        chosen = int(np.argmax(n))
        why = "the commonest variant" + (
            "" if choice == "commonest" else f"; none carries {least_share:.0%} of the cases and 30 of them"
        )
    at = first_case[chosen]
    path = tuple(log.activities[a] for a in log.activity[log.case_start[at] : log.case_start[at + 1]])
    benchmark = Benchmark(chosen, path, int(n[chosen]), float(mean[chosen]), why)
    return Excess(log, benchmark, variant, first_case, loss - mean[chosen])


def variant_table(found: Excess, *, at_least: int = 10, level: float = 0.05, rounds: int = 499) -> list[dict[str, Any]]:
    """Variants with at least `at_least` cases, the largest total excess first.

    `lift` is the share of the excess over the share of the cases, with its 95 % bootstrap interval;
    `q` is for the variant against the benchmark path (Mann-Whitney, Benjamini-Hochberg over all listed
    variants). `supported` means q <= `level` and a lift interval above 1.
    """
    n = np.bincount(found.variant)
    listed = np.flatnonzero(n >= at_least)
    listed = listed[listed != found.benchmark.variant]
    number = np.full(n.size, -1)
    number[listed] = np.arange(listed.size)
    column = number[found.variant]
    cases = np.flatnonzero(column >= 0)
    shape = (found.log.n_cases, listed.size)
    member = sparse.csr_matrix((np.ones(cases.size), (cases, column[cases])), shape=shape)
    base = found.excess[found.variant == found.benchmark.variant]
    tests = [compare_samples(base, found.excess[found.variant == v]) for v in listed]
    rows = _rows(found, member, np.array([t[0] for t in tests]), np.array([t[1] for t in tests]), level, rounds)
    log = found.log
    for row, v in zip(rows, listed):
        at = found.first_case[v]
        row["path"] = [log.activities[a] for a in log.activity[log.case_start[at] : log.case_start[at + 1]]]
    return sorted(rows, key=lambda row: -row["excess"])


def rule_table(
    found: Excess, *, at_least: int = 10, level: float = 0.05, rounds: int = 499, top: int = 10
) -> list[dict[str, Any]]:
    """The rules that isolate excess, chosen one after the other; each is judged on all cases.

    A rule is a trait that at least `at_least` cases have and lack. It is supported if its cases lose
    more than the rest (Mann-Whitney, q <= `level` after Benjamini-Hochberg over all traits) and the
    interval of its lift lies above 1. Of the supported, the one comes next whose cases not yet covered
    hold most excess beyond their proportion (weighted relative accuracy, as in subgroup discovery);
    `added_share` is their excess as a share of the total. The list ends when nothing supported holds
    1 % of the total beyond its proportion.
    """
    has = traits(found.log, at_least=at_least)
    if not has.names:
        return []
    ranks, ties = mid_ranks(found.excess)
    inside = np.asarray(has.matrix.sum(axis=0)).ravel()
    p, delta = rank_test(has.matrix.T @ ranks, inside, found.log.n_cases, ties)
    rows = _rows(found, has.matrix, p, delta, level, rounds)
    left = np.ones(found.log.n_cases, dtype=np.bool_)
    open_ = {k for k, row in enumerate(rows) if row["supported"]}
    order: list[dict[str, Any]] = []
    while open_ and left.any() and len(order) < top:
        fair = found.excess[left].mean()
        gain = has.matrix.T @ np.where(left, found.excess - fair, 0.0)
        best = max(sorted(open_), key=lambda k: gain[k])
        if gain[best] < 0.01 * abs(found.total):
            break
        added = found.excess[left & has.of(best)].sum()
        rows[best]["added_share"] = float(added / found.total) if found.total else 0.0
        left &= ~has.of(best)
        open_.remove(best)
        order.append({"rule": has.names[best], **rows[best]})
    return order


def _rows(
    found: Excess, member: sparse.csr_matrix, p: Floats, delta: Floats, level: float, rounds: int
) -> list[dict[str, Any]]:
    """A row per column of `member`: size, excess, lift with its interval, support."""
    n_cases, n = found.log.n_cases, np.asarray(member.sum(axis=0)).ravel()
    excess = np.asarray(member.T @ found.excess)
    q = benjamini_hochberg(np.asarray(p, dtype=np.float64))
    low, high = _lift_intervals(found, member, rounds)
    rows = []
    for k in range(member.shape[1]):
        share = excess[k] / found.total if found.total else 0.0
        rows.append(
            {
                "cases": int(n[k]),
                "cases_share": float(n[k] / n_cases),
                "excess": float(excess[k]),
                "excess_share": float(share),
                "mean_excess": float(excess[k] / n[k]),
                "lift": float(share / (n[k] / n_cases)),
                "lift_low": float(low[k]),
                "lift_high": float(high[k]),
                "delta": float(delta[k]),
                "q": float(q[k]),
                "supported": bool(q[k] <= level and low[k] > 1 and delta[k] > 0 and excess[k] > 0),
            }
        )
    return rows


def _lift_intervals(found: Excess, member: sparse.csr_matrix, rounds: int, seed: int = 0) -> tuple[Floats, Floats]:
    """95 % Poisson-bootstrap intervals of (share of excess) / (share of cases), per column of `member`.

    Every case is drawn a Poisson(1) number of times; the benchmark mean moves with its own cases.
    """
    rng = np.random.default_rng(seed)
    base = (found.variant == found.benchmark.variant).astype(np.float64)
    lifts = np.empty((rounds, member.shape[1]))
    for start in range(0, rounds, 50):
        size = min(50, rounds - start)
        weight = rng.poisson(1.0, (found.log.n_cases, size)).astype(np.float64)
        shift = (base * found.excess) @ weight / np.maximum(base @ weight, 1e-9)
        total_n = weight.sum(axis=0)
        total = found.excess @ weight - shift * total_n
        n = member.T @ weight
        inside = member.T @ (weight * found.excess[:, None]) - shift * n
        with np.errstate(divide="ignore", invalid="ignore"):
            lifts[start : start + size] = ((inside / total) / (n / total_n)).T
    with np.errstate(invalid="ignore"):
        lifts = np.where(np.isfinite(lifts), lifts, np.nan)
    if member.shape[1] == 0:
        return np.zeros(0), np.zeros(0)
    lifts = np.where(np.isnan(lifts).all(axis=0), 0.0, lifts)
    low, high = np.nanquantile(lifts, [0.025, 0.975], axis=0)
    return np.asarray(low), np.asarray(high)
