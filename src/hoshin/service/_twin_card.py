"""Twins as they are kept: their versions and reasons, what their log has seen, and warnings about it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from hoshin.errors import Corrupt, NotFound
from hoshin.service._workspace import Workspace

if TYPE_CHECKING:
    from hoshin.twin.model import Twin

DAY_S = 86_400.0


def stored(ws: Workspace, name: str) -> Twin:
    """The twin `name`; Corrupt(twin.corrupt) if its document does not fit the schema."""
    import msgspec

    from hoshin.twin.model import Twin

    version, document = ws.twins.read(name)
    try:
        return msgspec.json.decode(document, type=Twin)
    except msgspec.DecodeError as error:
        raise Corrupt("twin.corrupt", f"Twin {name!r} version {version} cannot be read: {error}",
                      hint="Fit it again.") from error  # fmt: skip


def keep(ws: Workspace, name: str, twin: Twin) -> str:
    """Store `twin` as the current version of `name`; returns the version."""
    import msgspec

    return ws.twins.write(name, msgspec.json.encode(twin), now(ws))


def now(ws: Workspace) -> str:
    """The present, ISO 8601 in UTC."""
    return ws.ledger.clock().astimezone(UTC).isoformat(timespec="seconds")


def described(ws: Workspace, twin: Twin, log: str) -> Twin:
    """`twin` with the name and version of its log and the range that log has seen."""
    import msgspec

    from hoshin.twin.support import seen

    held = ws.logs.stored(log)
    source = {**twin.source, "log": held.name, "version": held.version}
    return msgspec.structs.replace(twin, source=source, seen=seen(ws.log(log)))


def warnings(ws: Workspace, base: Twin, other: Twin | None = None) -> list[str]:
    """Why an answer of `base`, or of the scenario `other` of it, should be taken with care."""
    from hoshin.twin.support import leaves_range, stale

    found = stale(
        base, now_s=_moment(ws, base), fresh_s=ws.settings.twin_fresh_days * DAY_S, newer_log=_newer_log(ws, base)
    )
    return found + (leaves_range(base, other) if other is not None else [])


def versions(ws: Workspace, name: str) -> list[dict[str, Any]]:
    """A row per change of what is current."""
    from hoshin.twin.model import as_date

    store = ws.twins
    bare = name.partition("@")[0]
    current = store.read(bare)[0]
    past = store.history(bare)
    rows = []
    for k, (version, at) in enumerate(past):
        reason = stored(ws, f"{bare}@{version}").reason
        again = any(v == version for v, _ in past[:k])
        rows.append({
            "version": version, "at": at, "what": "reverted" if again else reason.what, "component": reason.component,
            "since": as_date(reason.since) if reason.component else "", "p": reason.p if reason.component else None,
            "statistic": reason.statistic, "current": version == current and k == len(past) - 1,
        })  # fmt: skip
    return rows


def _moment(ws: Workspace, twin: Twin) -> float:
    """The present as a moment of `twin`."""
    import numpy as np

    from hoshin.twin.model import moment_s

    present = ws.ledger.clock().timestamp()
    return float(moment_s(np.array([round(present * 1e9)], dtype=np.int64), twin.time_zone)[0])


def _newer_log(ws: Workspace, twin: Twin) -> str:
    """NAME@VERSION of the log of `twin`, if that is another version than it was fitted to."""
    name, version = twin.source.get("log", ""), twin.source.get("version", "")
    if not (name and version):
        return ""
    try:
        held = ws.logs.stored(name)
    except NotFound:
        return ""
    return f"{name}@{held.version}" if held.version != version else ""
