"""Follow a log with its twin: from where the stored twin ends, or from one learned on the log's first part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hoshin.errors import InvalidInput, NotFound
from hoshin.service import _twin_card as _card
from hoshin.service._workspace import Workspace
from hoshin.units import parse_duration

if TYPE_CHECKING:
    from hoshin.log.eventlog import EventLog
    from hoshin.twin.follow import Options, Step
    from hoshin.twin.model import Twin

DAY_S = 86_400.0


def options(every: str, *, level: float, tolerance: float, learn_share: float) -> Options:
    """Options with `every` as a number of whole days; InvalidInput(follow.every) otherwise."""
    from hoshin.twin.follow import Options

    days = parse_duration(every) / DAY_S
    if days < 1 or days != int(days):
        raise InvalidInput("follow.every", f"--every {every} is not a number of whole days.",
                           hint="Write 1d, 7d ...: statistics are kept by the day.")  # fmt: skip
    return Options(int(days), level, tolerance, learn_share=learn_share)


def followed(ws: Workspace, log: str, name: str, options: Options, *, dry_run: bool) -> dict[str, Any]:
    """Replay `log`; keep every new version under `name` unless `dry_run`."""
    import msgspec

    from hoshin.twin.follow import follow

    given = ws.log(log)
    start = _stored(ws, name, given)
    versions: list[str] = []
    rows: list[dict[str, Any]] = []

    def note(step: Step) -> None:
        row = _row(step)
        if step.twin is not None and not dry_run:
            twin = step.twin
            if versions:
                twin = msgspec.structs.replace(twin, reason=msgspec.structs.replace(twin.reason, before=versions[-1]))
            versions.append(_card.keep(ws, name, _card.described(ws, twin, log, score=False)))
            row["version"] = versions[-1]
        rows.append(row)

    with ws.progress.task("replaying"):
        if start is None:
            start = learned(given, options)
            if not dry_run:
                versions.append(_card.keep(ws, name, _card.described(ws, start, log, score=False)))
        else:
            versions.append(ws.twins.current(name))
        follow(given, options, twin=start, on_step=note)
    return {
        "twin": name, "watched_from": _day(int(start.window_s[1] // DAY_S)),
        "alarms": sum(r["action"] == "drift" for r in rows),
        "recalibrations": sum(r["action"] == "recalibrated" for r in rows), "steps": rows,
    }  # fmt: skip


def learned(log: EventLog, options: Options) -> Twin:
    """A twin of the first share of the time of `log`."""
    from hoshin.twin.fit import fit_twin
    from hoshin.twin.follow import first_part

    return fit_twin(first_part(log, options.learn_share))


def _stored(ws: Workspace, name: str, log: EventLog) -> Twin | None:
    """The stored twin, if there is one whose data ends before `log` does."""
    from hoshin.twin.model import moment_s

    try:
        twin = _card.stored(ws, name)
    except NotFound:
        return None
    ends = float(moment_s(log.t_ns[[-1]] * 0 + log.t_ns.max(), log.time_zone)[0])
    return twin if twin.window_s[1] // DAY_S < ends // DAY_S else None


def _row(step: Step) -> dict[str, Any]:
    s = step.shift
    return {
        "day": _day(step.day), "action": step.action, "component": s.component, "of": s.of, "since": _day(s.since),
        "statistic": s.statistic, "p": s.p, "kpi": step.kpi, "kpi_shift_share": step.moves if step.kpi else None,
        "version": "",
    }  # fmt: skip


def _day(day: int) -> str:
    from hoshin.twin.model import as_date

    return as_date(day * DAY_S)[:10]
