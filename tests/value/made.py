"""Made-up panels with a known effect."""

from __future__ import annotations

import numpy as np

from hoshin.value.panel import Panel, panel_from
from hoshin.value.period import grid_of


def rollout(
    seed: int,
    *,
    n: int = 8,
    t: int = 20,
    effect: float = 0.0,
    holes: float = 0.0,
    waves: int = 3,
    hold_out: int = 2,
    noise: float = 1.0,
) -> Panel:
    """Waves in the second half of `t` numbered periods, unit and period effects, white noise."""
    rng = np.random.default_rng(seed)
    starts = np.full(n, t)
    if n > hold_out:
        starts[: n - hold_out] = t // 2 + np.arange(n - hold_out) % waves * max(1, t // 8)
    rng.shuffle(starts)
    treated = np.arange(t)[None, :] >= starts[:, None]
    y = 10 + rng.normal(size=(n, 1)) + rng.normal(size=(1, t)) + noise * rng.normal(size=(n, t)) + effect * treated
    if holes:
        y[rng.random((n, t)) < holes] = np.nan
    return panel_from(tuple(f"u{i}" for i in range(n)), grid_of([str(k) for k in range(t)]), y, treated)
