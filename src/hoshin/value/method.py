"""Take an estimator from the shelf by name, refuse what it does not know, and run it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from hoshin.errors import InvalidInput
from hoshin.shelf import Shelf
from hoshin.value.estimate import Estimate
from hoshin.value.panel import Panel

ESTIMATORS = Shelf("hoshin.value.estimators", "estimator")


def options_of(name: str) -> dict[str, Any]:
    """Option names of an estimator with their defaults, beside alpha and seed."""
    found = inspect.signature(ESTIMATORS.take(name).estimate).parameters
    return {k: p.default for k, p in found.items() if k not in ("panel", "alpha", "seed")}


def run(
    panel: Panel, name: str, *, alpha: float = 0.05, seed: int = 0, options: Mapping[str, Any] | None = None
) -> Estimate:
    """Estimate with the estimator `name`. An option it does not have is refused, never ignored."""
    known = options_of(name)
    for option in options or {}:
        if option not in known:
            raise InvalidInput.unknown("value.option", f"option of {name}", option, known)
    result: Estimate = ESTIMATORS.take(name).estimate(panel, alpha=alpha, seed=seed, **(options or {}))
    return result


def suggest(panel: Panel) -> tuple[str, str]:
    """The estimator that fits the shape of a panel, and why: (name, reason)."""
    n_controls = int((~panel.ever()).sum())
    n_treated = int(panel.ever().sum())
    if not panel.staggered():
        return "switchback", "units switch back and forth"
    if n_treated == 0:
        raise InvalidInput("value.no_treated", "No unit is treated in the panel.")
    starts = {int(f) for f in panel.first()[panel.ever()]}
    if n_treated == 1 and n_controls >= 3:
        return "synthetic", f"one treated unit, {n_controls} donors"
    if panel.n_units == 1 or (n_controls == 0 and len(starts) == 1):
        return "interrupted", "no untreated unit to compare with"
    return "imputation", f"{n_treated} treated units in {len(starts)} waves, {n_controls} never treated"
