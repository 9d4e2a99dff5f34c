"""Slow twin of the drift kernel."""

from __future__ import annotations

from collections.abc import Sequence


def scan(
    total: Sequence[Sequence[float]], size: Sequence[float], inverse_variance: Sequence[float], least: float
) -> tuple[float, float]:
    """Largest sum of, and largest single, standardised squared difference of means over splits."""
    best_sum = best_max = 0.0
    for i in range(1, len(size)):
        n, rest = sum(size[:i]), sum(size[i:])
        if n < least or rest < least:
            continue
        z = []
        for f, inverse in enumerate(inverse_variance):
            left, right = sum(row[f] for row in total[:i]) / n, sum(row[f] for row in total[i:]) / rest
            z.append(n * rest / (n + rest) * (left - right) ** 2 * inverse)
        best_sum, best_max = max(best_sum, sum(z)), max(best_max, max(z, default=0.0))
    return best_sum, best_max
