"""Rollouts whose true effect is known: to judge an estimator, or to plan for the effect one can hope to see."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.panel import Mask, Matrix, Panel, panel_from
from hoshin.value.period import Grid, grid_of


@dataclass(frozen=True, slots=True)
class Rollout:
    """A made-up rollout on the log scale, so effects are shares.

    `starts`: index of the first treated period of each wave; treated units are spread evenly over the
    waves, in random order. `hold_out`: share of units never treated. `noise`: standard deviation of a
    unit's own noise, autocorrelated by `rho`. `shock`: that of the noise common to all units (its
    autocorrelation is 0.7). `season`: amplitude of the yearly pattern. `ramp`: periods until the effect is
    full, 0 = at once. `spread`: standard deviation of unit levels.
    """

    n_units: int = 12
    n_periods: int = 52
    starts: tuple[int, ...] = (20, 26, 32, 38)
    hold_out: float = 0.25
    effect: float = -0.1
    ramp: int = 0
    rho: float = 0.5
    noise: float = 0.1
    shock: float = 0.05
    season: float = 0.1
    spread: float = 0.3

    def labels(self) -> list[int]:
        """First treated period of each unit, before shuffling; n_periods = never."""
        held = math.floor(self.hold_out * self.n_units + 0.5)
        n = self.n_units - held
        if n < 1 or not self.starts:
            raise InvalidInput("value.rollout", f"{self.n_units} units with {held} held out leave none to treat.")
        waves = [self.starts[i * len(self.starts) // n] for i in range(n)]
        return [*waves, *[self.n_periods] * held]


def simulate(rollout: Rollout, seed: int) -> tuple[Panel, Matrix]:
    """(panel, true effect of every cell (n_units, n_periods)). The same seed gives the same panel."""
    rng = np.random.default_rng(seed)
    first = rng.permutation(np.array(rollout.labels()))
    n, t = rollout.n_units, rollout.n_periods
    column = np.arange(t)
    treated = column[None, :] >= first[:, None]
    effect = effects(rollout, first)
    y = (
        2.0
        + rollout.spread * rng.normal(size=(n, 1))
        + rollout.season * np.sin(2 * np.pi * (column + rng.integers(t)) / 52.1775)
        + rollout.shock * autocorrelated(rng, 1, t, 0.7)
        + rollout.noise * autocorrelated(rng, n, t, rollout.rho)
        + effect
    )
    return made_panel(y, treated), effect


def effects(rollout: Rollout, first: NDArray[np.int64]) -> Matrix:
    """True effect (n_units, n_periods): zero before the start, then full at once or along a straight ramp."""
    since = np.arange(rollout.n_periods)[None, :] - first[:, None]
    share = np.ones_like(since, dtype=float) if rollout.ramp == 0 else np.clip((since + 1) / rollout.ramp, 0.0, 1.0)
    return np.asarray(np.where(since >= 0, rollout.effect * share, 0.0))


def autocorrelated(rng: np.random.Generator, n: int, t: int, rho: float) -> Matrix:
    """AR(1) noise (n, t) of variance one, stationary from the first period."""
    e = rng.normal(size=(n, t))
    e[:, 1:] *= math.sqrt(1 - rho * rho)
    for k in range(1, t):
        e[:, k] += rho * e[:, k - 1]
    return e


_GRIDS: dict[int, Grid] = {}


def made_panel(y: Matrix, treated: Mask) -> Panel:
    """Outcomes as a panel of numbered units and periods."""
    n, t = y.shape
    if t not in _GRIDS:
        _GRIDS[t] = grid_of([str(k) for k in range(t)])
    return panel_from(tuple(f"unit {i + 1}" for i in range(n)), _GRIDS[t], y, treated)
