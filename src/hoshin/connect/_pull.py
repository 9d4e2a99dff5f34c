"""Pull a source into a stored log: batch by batch, resumable, and once per event.

The rows of every pull stay staged (see `_stage`), so a log's new version is built from all of them: an
event that came again under the same `event_key` is taken in its last form, and late events find their
place in their case. Rows are numbered in the order in which they were pulled. Those that cannot be events are
held in the quarantine store, as of any import; what was repaired and released stays so in later versions.

Memory: one batch of the source, what `bulk` needs (some 220 bytes for every case), the rows set aside, one byte for
every row while repeated ones are looked for, and the event keys at the moment they are written. The rest is mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.connect._canonical import KEY
from hoshin.connect._connector import About, Source, settings_of
from hoshin.connect._once import once
from hoshin.connect._released import Released
from hoshin.connect._stage import Held, Stage
from hoshin.connect._values import Unreadable
from hoshin.connect.bulk import import_frames
from hoshin.errors import Conflict, InvalidInput
from hoshin.log.lineage import Part, parts_of
from hoshin.store.logs import LogStore
from hoshin.store.quarantine import Quarantine
from hoshin.store.versions import Stored


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did. `rows` were read now; of all `staged` rows, `repeated` came again under the same event
    key, `held` could not be events (batch `batch` of the quarantine; 0: none), and `events` are in the log,
    `released` of them after a repair. They reconcile: staged = repeated + held + events."""

    stored: Stored
    rows: int
    resumed: int
    staged: int
    repeated: int
    held: int
    released: int
    batch: int
    events: int
    cases: int
    unread: tuple[Unreadable, ...]


def pull(
    connector: Source,
    name: str,
    *,
    store: LogStore,
    quarantine: Quarantine,
    folder: Path,
    kind: str,
    restart: bool = False,
    advance: Callable[[int], object] = lambda rows: None,
) -> Pulled:
    """Read all that `connector` has and store it as the new version of log `name`.

    `folder` holds the stages of all pulls. A pull that was cut off goes on where its last whole batch
    ended; an "append" source goes on from its last pull; `restart` forgets both. Raises
    Conflict(connect.changed) if the log was pulled from other settings before, Conflict(connect.appended) if
    files were appended to it since.
    """
    stage = Stage(folder / name)
    with stage.locked():
        settings = {"connector": kind, "settings": settings_of(connector)}
        _check_before(stage, store, name, settings, restart)
        if restart:
            stage.drop(stage.held())
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
        staged = sum(h.rows for h in current)
        about = connector.about()
        if not staged:
            raise InvalidInput("connect.empty", f"{about.source} has no rows.", hint="Check query, table or filter.")
        released = Released.of(store, quarantine, name)
        said = settings | {"source": about.source, "mapping": dict(about.mapping), "state": state}
        stored = _store(stage, current, store, name, about, released, said)
        stage.compact(current)
        stage.drop([h for h in held if h not in current])
    totals, batches = stored.meta["source"]["totals"], stored.meta["source"]["batches"]
    return Pulled(
        stored=stored,
        rows=rows,
        resumed=resumed,
        staged=staged,
        repeated=staged - totals["rows"],
        held=totals["quarantined"],
        released=released.mended,
        batch=batches[0] if batches else 0,
        events=stored.meta["n_events"],
        cases=stored.meta["n_cases"],
        unread=tuple(unread.values()),
    )


def _store(
    stage: Stage,
    current: list[Held],
    store: LogStore,
    name: str,
    about: About,
    released: Released,
    said: dict[str, Any],
) -> Stored:
    """The new version, from the rows of `current`; its rejected rows in the quarantine."""
    staged = sum(h.rows for h in current)
    keep = once(stage, current)
    kinds = {c: k for c, k in stage.kinds(current).items() if c not in ("source_row", "#timestamp")}

    def source(rows: int, rejected: pl.DataFrame) -> dict[str, Any]:
        held = released.hold(name, about.source, rows)
        quarantined = held.held().height if held else 0
        return {
            **said,
            "file": about.source,
            "parts": [asdict(Part(about.source, "", 0, staged))],
            "rows": staged,
            "repeated": staged - rows,
            "totals": {"rows": rows, "accepted": rows - quarantined, "quarantined": quarantined},
            "batches": [held.number] if held else [],
        }

    return import_frames(
        _numbered(stage, current, keep),
        kinds,
        store,
        name,
        time_zone=about.time_zone,
        currency=about.currency,
        mend=released.mend,
        unique=KEY,
        source=source,
    ).stored


def _numbered(stage: Stage, current: list[Held], keep: NDArray[np.bool_] | None) -> Iterator[pl.DataFrame]:
    """Staged rows with their number as `source_row`, without those that come again later."""
    first = 0
    for frame in stage.frames(current):
        number = pl.int_range(first, first + frame.height, dtype=pl.Int64).alias("source_row")
        numbered = frame.with_columns(number)
        yield numbered if keep is None else numbered.filter(pl.Series(keep[first : first + frame.height]))
        first += frame.height


def _check_before(stage: Stage, store: LogStore, name: str, settings: dict[str, Any], restart: bool) -> None:
    before = stage.settings()
    if not restart and before is not None and before != settings and stage.held():
        raise Conflict(
            "connect.changed",
            f"Log {name!r} was pulled with other settings: {_difference(before, settings)}.",
            hint="Use those, another log name, or --restart to begin anew.",
        )
    if before is None or name not in store.names():
        return
    source = store.stored(name).meta["source"]
    more = [part.file for part in parts_of(source)[1:]]
    if source.get("connector") and more and not restart:
        raise Conflict(
            "connect.appended",
            f"{more[0]} was appended to {name!r} since it was pulled; another pull would leave it out.",
            hint="Pull into another log name, or --restart to do without.",
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
        return run, mine[-1].state, sum(h.rows for h in mine)
    return run, held[-1].state if held and mode == "append" else None, 0


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
