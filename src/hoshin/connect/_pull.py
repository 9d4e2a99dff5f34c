"""Pull a source into a stored log: batch by batch, resumable, and once per event.

The rows of every pull stay staged (see `_stage`), so a log's new version is built from all of them: an
event that came again under the same `event_key` is taken in its last form, and late events find their
place in their case. Rows that cannot be events come back with their reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hoshin.connect._canonical import KEY
from hoshin.connect._connector import Source, settings_of
from hoshin.connect._stage import Stage
from hoshin.connect._values import Unreadable
from hoshin.errors import Conflict, InvalidInput
from hoshin.log.build import build_log
from hoshin.store.logs import LogStore
from hoshin.store.versions import Stored


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did. `rows` were read now; of all `staged` rows, `repeated` came again under the same event
    key, `rejected_rows` could not be events (with a reason), and `events` are in the log. They reconcile."""

    stored: Stored
    rows: int
    resumed: int
    staged: int
    repeated: int
    rejected_rows: pl.DataFrame
    events: int
    cases: int
    unread: tuple[Unreadable, ...]


def pull(
    connector: Source,
    name: str,
    *,
    store: LogStore,
    folder: Path,
    kind: str,
    restart: bool = False,
    advance: Callable[[int], object] = lambda rows: None,
) -> Pulled:
    """Read all that `connector` has and store it as the new version of log `name`.

    `folder` holds the stages of all pulls. A pull that was cut off goes on where its last whole batch
    ended; an "append" source goes on from its last pull; `restart` forgets both. Raises
    Conflict(connect.changed) if the log was pulled from other settings before.
    """
    stage = Stage(folder / name)
    with stage.locked():
        settings = {"connector": kind, "settings": settings_of(connector)}
        before = stage.settings()
        if restart:
            stage.drop(stage.held())
        elif before is not None and before != settings and stage.held():
            raise Conflict(
                "connect.changed",
                f"Log {name!r} was pulled with other settings: {_difference(before, settings)}.",
                hint="Use those, another log name, or --restart to begin anew.",
            )
        stage.remember(settings)
        run, state, resumed = _where_to_go_on(stage, connector.mode)
        rows, unread = 0, dict[tuple[str, str], Unreadable]()
        for batch in connector.batches(state):
            stage.add(batch.frame, run=run, state=batch.state)
            state = batch.state
            rows += batch.frame.height
            advance(batch.frame.height)
            for lost in batch.unread:
                _tally(unread, lost)
        stage.add(pl.DataFrame(), run=run, state=state, done=True)
        held = stage.held()
        current = held if connector.mode == "append" else [h for h in held if h.run == run]
        stale = [h for h in held if h not in current]
        about, staged = connector.about(), stage.rows(current)
        if staged.is_empty():
            raise InvalidInput("connect.empty", f"{about.source} has no rows.", hint="Check query, table or filter.")
        once = _once(staged)
        built = build_log(once, name=name, time_zone=about.time_zone, currency=about.currency)
        repeated, rejected = staged.height - once.height, built.rejected.height
        assert built.log.n_events + rejected == once.height
        lineage = {"source": about.source, "mapping": dict(about.mapping), "state": state}
        counts = {"rows": staged.height, "repeated": repeated, "rejected": rejected}
        stored = store.write(built.log, name, source=settings | lineage | counts)
        stage.compact(current)
        stage.drop(stale)
    return Pulled(
        stored=stored,
        rows=rows,
        resumed=resumed,
        staged=staged.height,
        repeated=repeated,
        rejected_rows=built.rejected,
        events=built.log.n_events,
        cases=built.log.n_cases,
        unread=tuple(unread.values()),
    )


def _where_to_go_on(stage: Stage, mode: str) -> tuple[int, dict[str, Any] | None, int]:
    """(run, state, rows already held of this run); batches after the last resumable state are dropped."""
    held = stage.held()
    if not held:
        return 1, None, 0
    if held[-1].done:
        return held[-1].run + 1, held[-1].state if mode == "append" else None, 0
    run = held[-1].run
    while held and held[-1].run == run and held[-1].state is None:
        stage.drop([held.pop()])
    mine = [h for h in held if h.run == run]
    if mine:
        return run, mine[-1].state, stage.rows(mine).height
    return run, held[-1].state if held and mode == "append" else None, 0


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with one row per event key, the last; rows without a key all stay."""
    if KEY not in rows.columns:
        return rows
    keep = pl.col(KEY).is_null() | pl.col(KEY).is_last_distinct()
    return rows.filter(keep)


def _tally(unread: dict[tuple[str, str], Unreadable], lost: Unreadable) -> None:
    at = (lost.column, lost.type)
    seen = unread.get(at)
    first = seen or lost
    count = lost.count + (seen.count if seen else 0)
    unread[at] = Unreadable(lost.column, lost.type, count, first.first_value, first.first_row)


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    if before["connector"] != now["connector"]:
        return f"connector {before['connector']}"
    old, new = before["settings"], now["settings"]
    changed = sorted(k for k in {*old, *new} if old.get(k) != new.get(k))
    return ", ".join(f"{k} was {old.get(k, 'not set')!r}" for k in changed)
