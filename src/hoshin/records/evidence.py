"""Sealed evidence: a computed result with everything it came from, named by its own hash.

The id is the hash of the whole: the question (use case and arguments), the inputs (versions of logs and twins,
hashes of files), the seed, the code, and the answer. The same computation gives the same id; any difference, another.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from hoshin.records.entry import canonical

PREFIX = "ev-"


def seal(
    *, use: str, arguments: Mapping[str, Any], logs: Mapping[str, str], files: Mapping[str, str], code: str,
    release: str, units: list[str], result: Any, twins: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The sealed body: its `result_hash`, and `id` over all of it."""
    plain = finite(result)
    body: dict[str, Any] = {
        "use": use, "arguments": finite(dict(arguments)), "logs": dict(logs), "files": dict(files), "code": code,
        "release": release, "seed": arguments.get("seed"), "units": units, "result": plain,
        "result_hash": digest(plain),
    }  # fmt: skip
    if twins:
        body["twins"] = dict(twins)
    return body | {"id": PREFIX + digest(body)[:24]}


def intact(body: Mapping[str, Any]) -> bool:
    """Whether the id still is the hash of the rest."""
    rest = {k: v for k, v in body.items() if k != "id"}
    return bool(body["id"] == PREFIX + digest(rest)[:24] and body["result_hash"] == digest(body["result"]))


def digest(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def finite(value: Any) -> Any:
    """Plain data without NaN or infinity, which JSON lacks: they become texts.

    >>> finite({"a": [1.5, float("nan")]})
    {'a': [1.5, 'nan']}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    return value


def differences(old: Any, new: Any, *, tolerance: float = 0.0, at: str = "") -> list[dict[str, Any]]:
    """Where two results differ by more than `tolerance` (relative, numbers only): {at, sealed, now}; at most 20.

    >>> differences({"a": [1, 2]}, {"a": [1, 3]})
    [{'at': 'a[1]', 'sealed': 2, 'now': 3}]
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        names = list(dict.fromkeys([*old, *new]))
        pairs = [(f"{at}.{n}".lstrip("."), old.get(n), new.get(n)) for n in names]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(f"{at}[{n}]", a, b) for n, (a, b) in enumerate(zip(old, new))]
    else:
        return [] if _same(old, new, tolerance) else [{"at": at, "sealed": old, "now": new}]
    found: list[dict[str, Any]] = []
    for place, a, b in pairs:
        found += differences(a, b, tolerance=tolerance, at=place)
        if len(found) >= 20:
            return found[:20]
    return found


def _same(old: Any, new: Any, tolerance: float) -> bool:
    numbers = isinstance(old, (int, float)) and isinstance(new, (int, float))
    if numbers and not isinstance(old, bool) and not isinstance(new, bool):
        return math.isclose(old, new, rel_tol=tolerance, abs_tol=0.0) if tolerance else bool(old == new)
    return bool(old == new)
