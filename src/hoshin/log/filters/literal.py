"""How values are written in a filter: texts, numbers, names and durations, so that reading gives them back."""

from __future__ import annotations

import json
import re

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.units import SECONDS

NAME = re.compile(r"[^\W\d]\w*")
Scalar = str | int | float | bool


def write(value: Scalar) -> str:
    """
    >>> [write(v) for v in ("A", 5, 0.5, True)]
    ['"A"', '5', '0.5', 'true']
    """
    if isinstance(value, float) and not np.isfinite(value):
        raise InvalidInput("filter.number", f"{value} cannot be compared with.", hint="Use `is missing` for no value.")
    return json.dumps(value, ensure_ascii=False)


def write_all(values: tuple[Scalar, ...]) -> str:
    return "(" + ", ".join(write(v) for v in values) + ")"


def write_name(name: str) -> str:
    """
    >>> write_name("region"), write_name("Order Type")
    ('region', '"Order Type"')
    """
    return name if NAME.fullmatch(name) else write(name)


def write_duration(seconds: float) -> str:
    """Seconds in the largest unit that gives a short number and reads back exactly.

    >>> write_duration(432000), write_duration(90), write_duration(0.5)
    ('5d', '1.5min', '0.5s')
    """
    for unit in ("d", "h", "min"):
        value = seconds / SECONDS[unit]
        if value >= 1 and value == round(value, 1) and value * SECONDS[unit] == seconds:
            return f"{np.format_float_positional(value, trim='-')}{unit}"
    return f"{np.format_float_positional(float(seconds), trim='-')}s"
