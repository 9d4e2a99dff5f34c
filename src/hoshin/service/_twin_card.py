"""Twins as they are kept: their versions and reasons, what their log has seen, and warnings about it."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
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


def described(ws: Workspace, twin: Twin, log: str, *, score: bool) -> Twin:
    """`twin` with the name and version of its log, the range that log has seen, what it cannot tell, and, with
    `score`, how well a twin of its first part foretells the rest."""
    import msgspec

    from hoshin.twin.card import unknown
    from hoshin.twin.holdout import score as scored
    from hoshin.twin.support import seen

    held, given = ws.logs.stored(log), ws.log(log)
    source = {**twin.source, "log": held.name, "version": held.version}
    return msgspec.structs.replace(
        twin,
        source=source,
        seen={**seen(given), "unknown": unknown(given, twin)},
        scores=scored(given) if score else {},
    )


def card(ws: Workspace, name: str, fresh_days: float | None) -> dict[str, Any]:
    """The model card of the twin `name` as of now."""
    from hoshin.twin.card import card as made

    twin = stored(ws, name)
    days = ws.settings.twin_fresh_days if fresh_days is None else fresh_days
    return made(twin, now_s=_moment(ws, twin), fresh_s=days * DAY_S, newer_log=_newer_log(ws, twin))


def page(ws: Workspace, name: str, output: str) -> Path:
    """Write the card of the twin `name` as HTML, whole or not at all; returns where."""
    from hoshin.report.twin_card import card_page

    path = Path(output) if output else ws.folder("reports") / f"twin-{name.replace('@', '.')}.html"
    part = path.with_name(f".{path.name}.part")
    part.write_text(card_page(name, card(ws, name, None)), encoding="utf-8")
    part.replace(path)
    return path


def shape(twin: Twin) -> dict[str, Any]:
    """How much of everything a twin has."""
    return {
        "activities": len(twin.activities), "resources": len(twin.resources), "rosters": len(twin.rosters),
        "delays": len(twin.delays), "routing_states": len({w.state for w in twin.ways}),
        "cases_seen": twin.source.get("cases", 0),
    }  # fmt: skip


def warnings(ws: Workspace, base: Twin, other: Twin | None = None) -> list[str]:
    """Why an answer of `base`, or of the scenario `other` of it, should be taken with care."""
    from hoshin.twin.card import verdict
    from hoshin.twin.support import leaves_range, stale

    found = stale(
        base, now_s=_moment(ws, base), fresh_s=ws.settings.twin_fresh_days * DAY_S, newer_log=_newer_log(ws, base)
    )
    if base.scores and not base.scores["calibrated"]:
        found.append(f"The twin is {verdict(base)}")
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
