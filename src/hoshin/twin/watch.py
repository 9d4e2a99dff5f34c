"""Has a component of the process changed? Tests on statistics per day, recent days against all days before.

Every look compares the last 1, 2, 4 ... days with the days before, per component, and pays for each of them
(Bonferroni) and for looking again (`evidence.spent`). Routing: G-tests per row and exact tests of rare ways, over
which Benjamini and Hochberg; counts that cluster count for less (their variance over the Poisson one). Arrivals:
likelihood ratio of the rate within days of the week. Durations: Kolmogorov and Smirnov per activity, on binned
work time. Capacity: people or hours that appear or vanish, exact binomial.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hoshin.mine.significance import benjamini_hochberg
from hoshin.twin.board import Board, Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Test = Callable[[int], tuple[float, str, str]]
COMPONENTS = ("arrivals", "routing", "durations", "capacity")
# A person or hour has vanished (appeared) when its rate is this many times less (more) than before.
FOLD = 5.0
ENOUGH = 5.0


@dataclass(frozen=True, slots=True)
class Shift:
    """A component whose last days differ from those before. `p` of the component at this look, before the price of
    looking; `since`: first day of the new way; `of`: what of it changed most; `statistic` in words."""

    component: str
    of: str
    statistic: str
    p: float
    since: int


@dataclass(frozen=True, slots=True)
class Names:
    """What activities and resources are called."""

    activities: tuple[str, ...]
    resources: tuple[str, ...]

    def activity(self, code: int) -> str:
        return self.activities[code] if code >= 0 else "(start)"


def look(board: Board, component: str, names: Names, first: int, end: int, *, least: int = 7) -> Shift | None:
    """The strongest shift of `component` within the days [first, end), both sides of it in there; None when there
    are fewer than `least` days before any last days, or nothing to test."""
    test = _prepared(board, component, names, first, end)
    widths = [2**k for k in range(12) if 2**k <= end - first - max(least, 2**k)]
    if not widths:
        return None
    found = [test(w) for w in widths]
    at = int(np.argmin([p for p, _, _ in found]))
    p = min(found[at][0] * len(widths), 1.0)
    return Shift(component, found[at][1], found[at][2], p, end - widths[at])


def date_shift(board: Board, component: str, names: Names, first: int, end: int, shift: Shift) -> int:
    """The day on which `shift` most likely began: the split with the strongest evidence."""
    test = _prepared(board, component, names, first, end)
    near = end - shift.since
    widths = range(max(near // 2, 1), min(2 * near, end - first - 3) + 1)
    return end - min(widths, key=lambda w: test(w)[0], default=near)


def _prepared(board: Board, component: str, names: Names, first: int, end: int) -> Test:
    """The test of `component` as a function of how many last days it sets against the others: (p, of, words)."""
    if component == "arrivals":
        return partial(_arrivals, board.table("entries", first, end))
    if component == "routing":
        return partial(_routing, board.table("ways", first, end), names)
    if component == "durations":
        return partial(_durations, board.table("work", first, end), names)
    return partial(_capacity, board.table("people", first, end), board.table("hours", first, end), names)


def _arrivals(given: Table, days: int) -> tuple[float, str, str]:
    """Signed root of the likelihood ratio that the last days' rate is another, day of week by day of week."""
    per_day = given.n.sum(1)
    weekday = (given.first_day + np.arange(per_day.size)) % 7
    old, new = weekday[:-days], weekday[-days:]
    n_old, n_new = np.bincount(old, minlength=7), np.bincount(new, minlength=7)
    y_old, y_new = np.bincount(old, per_day[:-days], 7), np.bincount(new, per_day[-days:], 7)
    both = (n_old > 0) & (n_new > 0) & (y_old + y_new > 0)
    if not both.any():
        return 1.0, "", ""
    n_old, n_new, y_old, y_new = n_old[both], n_new[both], y_old[both], y_new[both]
    total = y_old + y_new
    lo, hi = -12.0, 12.0
    for _ in range(60):
        middle = (lo + hi) / 2
        share = n_new * np.exp(middle) / (n_new * np.exp(middle) + n_old)
        lo, hi = (middle, hi) if (y_new - total * share).sum() > 0 else (lo, middle)
    theta = (lo + hi) / 2
    gain = theta * y_new.sum() - (total * np.log((n_new * np.exp(theta) + n_old) / (n_new + n_old))).sum()
    root = np.sqrt(max(2 * gain, 0.0) / _clustering(per_day[:-days], weekday[:-days]))
    p = float(2 * special.ndtr(-root))
    return p, "cases per day", f"rate x {np.exp(theta):.2f}, likelihood ratio z = {root:.1f}"


def _clustering(per_day: Floats, weekday: Ints) -> float:
    """Variance over mean of counts within days of the week, and of sums over weeks; at least 1."""
    n = np.bincount(weekday, minlength=7)
    mean = np.bincount(weekday, per_day, 7) / np.maximum(n, 1)
    expected = mean[weekday]
    held = expected > 0
    spare = held.sum() - (mean > 0).sum()
    found = 1.0
    if spare >= 4:
        found = max(found, float((np.square(per_day - expected)[held] / expected[held]).sum() / spare))
    weeks = per_day[: per_day.size // 7 * 7].reshape(-1, 7).sum(1)
    if weeks.size >= 6 and weeks.mean() > 0:
        # Of few weeks the variance is known badly: count what is beyond one standard error of it.
        found = max(found, float(weeks.var(ddof=1) / weeks.mean()) - float(np.sqrt(2 / (weeks.size - 1))))
    return found


def _routing(given: Table, names: Names, days: int) -> tuple[float, str, str]:
    if not given.cells:
        return 1.0, "", ""
    row = np.array([c[0] for c in given.cells]) + 1
    old, new = given.split(days)
    all_old, all_new = (np.bincount(row, side, row.max() + 1) for side in (old, new))
    share = np.divide(all_new, all_old + all_new, out=np.zeros(all_new.shape), where=all_old + all_new > 0)
    p_rare = _exact(old, new, share[row])
    g, spare = _g_of_rows(old, new, row, share)
    g /= np.maximum(_row_clustering(given.n[:-days], row), 1.0)
    p_row = np.where((spare > 0) & (all_old > 0) & (all_new > 0), special.chdtrc(np.maximum(spare, 1), g), np.nan)
    q = benjamini_hochberg(np.concatenate([p_row, np.where((all_old > 0) & (all_new > 0), 1.0, np.nan)[row] * p_rare]))
    if np.isnan(q).all():
        return 1.0, "", ""
    at = int(np.nanargmin(q))
    if at < p_row.size:
        name = names.activity(at - 1)
        return float(q[at]), f"after {name}", f"G = {g[at]:.1f} on {spare[at]:.0f} degrees of freedom"
    a, b = given.cells[at - p_row.size]
    here, there = names.activity(a), names.activity(b) if b >= 0 else "(end)"
    n = at - p_row.size
    return float(q[at]), f"{here} > {there}", f"{new[n]:.0f} seen, {(old + new)[n] * share[row[n]]:.1f} expected"


def _g_of_rows(old: Floats, new: Floats, row: Ints, share: Floats) -> tuple[Floats, Floats]:
    """G of each row's ways, old against new, and its degrees of freedom. Cells that expect less than ENOUGH on either
    side are taken together, and left out where that is still too little."""
    total = old + new
    rare = np.minimum(total * share[row], total * (1 - share[row])) < ENOUGH
    size = share.size
    rest = np.stack([np.bincount(row[rare], side[rare], size) for side in (old, new)])
    keep = np.minimum(rest.sum(0) * share, rest.sum(0) * (1 - share)) >= ENOUGH
    cells = np.concatenate([row[~rare], np.flatnonzero(keep)])
    a = np.concatenate([old[~rare], rest[0][keep]])
    b = np.concatenate([new[~rare], rest[1][keep]])
    # The totals of what is left, so that each row is a complete table.
    all_a, all_b = np.bincount(cells, a, size), np.bincount(cells, b, size)
    part = np.divide(all_b, all_a + all_b, out=np.full(size, 0.5), where=all_a + all_b > 0)[cells]
    with np.errstate(divide="ignore", invalid="ignore"):
        g = special.xlogy(a, a / ((a + b) * (1 - part))) + special.xlogy(b, b / ((a + b) * part))
    g = np.where(np.isfinite(g), g, 0.0)
    spare = np.maximum(np.bincount(cells, minlength=size) - 1.0, 0.0)
    return 2.0 * np.bincount(cells, g, size).astype(np.float64), spare.astype(np.float64)


def _row_clustering(n: Floats, row: Ints) -> Floats:
    """Pearson's chi-square over its degrees of freedom for "the same shares in every block of days", per row."""
    blocks = np.array_split(np.arange(n.shape[0]), min(max(n.shape[0] // 3, 1), 12))
    counts = np.stack([n[b].sum(0) for b in blocks])
    size = int(row.max()) + 1
    totals = np.stack([np.bincount(row, c, size) for c in counts])
    share = counts.sum(0) / np.maximum(totals.sum(0), 1.0)[row]
    expected = totals[:, row] * share
    used = expected >= 1
    square = np.where(used, np.square(counts - expected) / np.where(used, expected, 1.0), 0.0)
    spare = np.maximum(np.bincount(row, used.sum(0) - (used.sum(0) > 0), size) * 1.0, 1.0)
    cells = np.bincount(row, minlength=size)
    found: Floats = np.bincount(row, square.sum(0), size) / np.maximum(spare * (1 - 1 / np.maximum(cells, 2)), 1.0)
    return found


def _exact(old: Floats, new: Floats, share: Floats) -> Floats:
    """Two-sided binomial p of `new` among old + new, each with probability `share`; counts need not be whole."""
    safe = np.clip(share, 1e-12, 1 - 1e-12)
    below = special.betainc(np.maximum(old, 1e-9), new + 1, 1 - safe)
    above = np.where(new > 0, special.betainc(np.maximum(new, 1e-9), old + 1, safe), 1.0)
    found: Floats = np.minimum(2 * np.minimum(np.where(old > 0, below, 1.0), above), 1.0)
    return found


def _durations(given: Table, names: Names, days: int) -> tuple[float, str, str]:
    activities = sorted({c[0] for c in given.cells})
    ps, ds = [], []
    act, number = np.array([c[0] for c in given.cells]), np.array([c[1] for c in given.cells])
    old, new = given.split(days)
    for a in activities:
        order = np.flatnonzero(act == a)[np.argsort(number[act == a])]
        n, m = old[order].sum(), new[order].sum()
        if min(n, m) < ENOUGH or order.size < 2:
            ps.append(np.nan)
            ds.append(0.0)
            continue
        d = float(np.abs(np.cumsum(old[order]) / n - np.cumsum(new[order]) / m).max())
        root = np.sqrt(n * m / (n + m))
        ps.append(float(special.kolmogorov((root + 0.12 + 0.11 / root) * d)))
        ds.append(d)
    if not ps or np.isnan(ps).all():
        return 1.0, "", ""
    q = benjamini_hochberg(np.array(ps))
    at = int(np.nanargmin(q))
    return float(q[at]), f"work on {names.activity(activities[at])}", f"Kolmogorov-Smirnov D = {ds[at]:.2f}"


def _capacity(people: Table, hours: Table, names: Names, days: int) -> tuple[float, str, str]:
    """Whoever does much less, or more, of what they do than before; and hours of the day with (no) work."""
    tested: list[tuple[Floats, list[str]]] = []
    weekday = (people.first_day + np.arange(people.n.shape[0] - days)) % 7
    if any(c[1] >= 0 for c in people.cells):
        act, res = np.array([c[0] for c in people.cells]), np.array([c[1] for c in people.cells])
        old, new = people.split(days)
        size = int(act.max()) + 1
        all_old, all_new = (np.bincount(act, side, size) for side in (old, new))
        who = [r for r in np.unique(res) if r >= 0]
        theirs = [np.unique(act[res == r]) for r in who]
        share = np.array([all_new[a].sum() / max(all_old[a].sum() + all_new[a].sum(), 1.0) for a in theirs])
        k_old, k_new = (np.array([side[res == r].sum() for r in who]) for side in (old, new))
        per_day = np.stack([people.n[:-days][:, res == r].sum(1) for r in who], axis=1)
        tested.append((_if_far(k_old, k_new, share, _spread(per_day, weekday)), [names.resources[r] for r in who]))
    if hours.cells:
        k_old, k_new = hours.split(days)
        share = np.full(k_old.size, k_new.sum() / max(k_old.sum() + k_new.sum(), 1.0))
        worked = [f"work at {c[0]:02d}:00" for c in hours.cells]
        tested.append((_if_far(k_old, k_new, share, _spread(hours.n[:-days], weekday)), worked))
    if not tested:
        return 1.0, "", ""
    q = benjamini_hochberg(np.concatenate([p for p, _ in tested]))
    at = int(np.argmin(q))
    label = [name for _, labels in tested for name in labels][at]
    return float(q[at]), label, "appeared or vanished (binomial)"


def _if_far(old: Floats, new: Floats, share: Floats, clustering: Floats) -> Floats:
    """Exact p of counts worth so much less than they are, where the rate changed FOLD times or more; 1 elsewhere."""
    safe = np.clip(share, 1e-12, 1 - 1e-12)
    ratio = (new + 1e-9) / safe / ((old + 1e-9) / (1 - safe))
    far = (ratio >= FOLD) | (ratio <= 1 / FOLD)
    return np.where(far, _exact(old / clustering, new / clustering, share), 1.0)


def _spread(per_day: Floats, weekday: Ints) -> Floats:
    """Variance over mean of each column within days of the week, at least 1."""
    n = np.bincount(weekday, minlength=7)
    mean = np.stack([np.bincount(weekday, column, 7) for column in per_day.T]) / np.maximum(n, 1)
    expected = mean.T[weekday]
    square = np.divide(np.square(per_day - expected), expected, out=np.zeros(expected.shape), where=expected > 0)
    spare = (expected > 0).sum(0) - (mean > 0).sum(1)
    found: Floats = np.maximum(square.sum(0) / np.maximum(spare, 1), 1.0)
    return found
