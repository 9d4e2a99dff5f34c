"""Uncertain parameters: a distribution instead of a number, such as the counts of a pilot."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoshin.errors import InvalidInput

FAMILIES: dict[str, tuple[str, Callable[..., Any]]] = {
    "beta": ("beta(successes, failures)", lambda a, b: stats.beta(a, b)),
    "normal": ("normal(mean, sd)", lambda m, s: stats.norm(m, s)),
    "uniform": ("uniform(low, high)", lambda a, b: stats.uniform(a, b - a)),
    "triangular": ("triangular(low, mode, high)", lambda a, m, b: stats.triang((m - a) / (b - a), a, b - a)),
    "lognormal": ("lognormal(median, sigma)", lambda m, s: stats.lognorm(s, scale=m)),
    "gamma": ("gamma(shape, scale)", lambda k, s: stats.gamma(k, scale=s)),
}


def distribution(text: str) -> Any:
    """A frozen scipy distribution from its text.

    >>> round(float(distribution("beta(72, 28)").mean()), 2)
    0.72
    """
    found = re.fullmatch(r"\s*(\w+)\s*\(([^)]*)\)\s*", text)
    forms = ", ".join(form for form, _ in FAMILIES.values())
    if not found or found[1] not in FAMILIES:
        raise InvalidInput("scenario.uncertain", f"{text!r} is no distribution.", hint=f"Write one of {forms}.",
                           got=text)  # fmt: skip
    form, make = FAMILIES[found[1]]
    try:
        made = make(*(float(part) for part in found[2].split(",")))
        proper = bool(np.isfinite(made.mean())) and made.std() > 0
    except (TypeError, ValueError, ZeroDivisionError):
        proper = False
    if not proper:
        raise InvalidInput("scenario.uncertain", f"{text!r} is not {form}.", hint="Numbers only, in range.", got=text)
    return made


def draws(text: str, name: str, n: int, seed: int) -> NDArray[np.float64]:
    """`n` values, stratified (a Latin hypercube across parameters), from a stream of the parameter's own.

    Source: McKay, Beckman & Conover (1979).
    """
    word = int.from_bytes(name.encode()[-7:], "little")
    rng = np.random.Generator(np.random.Philox(key=[seed & (2**63 - 1), word]))
    u = (rng.permutation(n) + rng.random(n)) / n
    values: NDArray[np.float64] = distribution(text).ppf(u)
    return values
