"""The slow twin of the statistics a process is followed by, in the plainest Python."""

from __future__ import annotations

import math
from collections.abc import Sequence


def counts(tasks: Sequence[tuple[int, int, int, float, float, float, bool]]) -> tuple[dict[int, dict], dict]:
    """Cells of each day and open cases, case by case: the slow twin of twin.stats."""
    days: dict[int, dict] = {}
    still = {}

    def count(day: float, *cell: int) -> None:
        cells = days.setdefault(int(day // 86_400), {})
        cells[cell] = cells.get(cell, 0) + 1

    def logarithmic(seconds: float) -> int:
        return 0 if seconds < 1 else math.floor(8 * math.log2(seconds) + 1e-9) + 1

    for case in sorted({t[0] for t in tasks}):
        own = [t for t in tasks if t[0] == case]
        path = [-2, -1, *(t[1] for t in own)]
        for k, (_, act, res, begin, end, work, last) in enumerate(own):
            if k == 0:
                count(begin, 0, int(begin % 86_400 // 3600))
                count(end, 6)
            else:
                count(begin, 3, act, logarithmic(begin - own[k - 1][4]))
            count(end, 1, *path[k : k + 3])
            count(end, 2, act, res, logarithmic(work))
            if res >= 0:
                count(end, 4, res, int(end % 86_400 // 3600))
            if last:
                count(end, 1, path[k + 1], act, -1)
                count(end, 5, logarithmic(end - own[0][3]))
        if not own[-1][6]:
            still[case] = (own[0][3], own[-1][4], path[-2], path[-1])
    return days, still
