"""Seals: canonical JSON and its SHA-256, so that a change after the fact cannot go unseen."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from hoshin.errors import Corrupt


def canonical(value: Any) -> bytes:
    """The one JSON text of `value`: sorted keys, no spaces, UTF-8; dataclasses as objects, NaN as null.

    >>> canonical({"b": 1.0, "a": [None, "é"]}).decode()
    '{"a":[null,"é"],"b":1.0}'
    """
    text = json.dumps(plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def plain(value: Any) -> Any:
    """Only dict, list, str, int, float, bool and None; floats that are not finite become None."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return str(value)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def sealed(value: Any) -> dict[str, Any]:
    """`value` as plain data with its seal beside it: {"content": ..., "sha256": ...}."""
    return {"content": plain(value), "sha256": digest(value)}


def opened(document: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The content of a sealed document. Corrupt(value.seal) if it is not what was sealed."""
    content, seal = document.get("content"), document.get("sha256")
    if not isinstance(content, dict) or not isinstance(seal, str):
        raise Corrupt(
            "value.not_sealed", f"{what} is not a sealed document.", hint="It needs a content and its sha256."
        )
    if digest(content) != seal:
        raise Corrupt(
            "value.seal",
            f"{what} was changed after it was sealed: SHA-256 {digest(content)[:12]}, the seal says {seal[:12]}.",
            hint="Use the original, or seal a new version and say why.",
        )
    return content
