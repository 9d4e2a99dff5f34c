"""Slow twins of the pattern kernels. A case is a list of (activity, time)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations, pairwise

Case = Sequence[tuple[str, int]]


def follows_within(case: Case, first: str, after: str, low: int, high: int, *, directly: bool) -> bool:
    pairs = pairwise(case) if directly else combinations(case, 2)
    return any(a in first and b in after and low <= u - t <= high for (a, t), (b, u) in pairs)


def repeats(case: Case, names: str, times: int) -> bool:
    return any(n >= times for a, n in Counter(a for a, _ in case).items() if a in names)


def loops(case: Case, names: str) -> bool:
    return any(a == b and a in names for (a, _), (b, _) in pairwise(case))


def any_in_case(case: Sequence[bool]) -> bool:
    return any(case)
