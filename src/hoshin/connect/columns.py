"""Guess which column is the case, the activity, the time; a proposal people can read and override."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from hoshin.connect.times import guess_format
from hoshin.errors import InvalidInput
from hoshin.log.build import OPTIONAL, REQUIRED

# What people call them, best first. Matched on the name in lower case without marks.
NAMES: dict[str, tuple[str, ...]] = {
    "case_id": (
        "case:concept:name", "case_id", "caseid", "case", "case id", "trace_id", "traceid", "process_instance_id",
        "proc_inst_id_", "ticket_id", "ticket", "incident_id", "order_id", "request_id", "number", "id_case", "fall",
        "fall_id", "vorgang", "caso", "id_caso", "dossier", "application_id", "claim_id",
    ),
    "activity": (
        "concept:name", "activity", "activity_name", "event", "task", "task_name", "step", "action", "act_name_",
        "operation", "event_name", "status", "state", "incident_state", "aktivitat", "aktivitaet", "actividad",
        "activite", "attivita",
    ),
    "timestamp": (
        "time:timestamp", "timestamp", "complete_timestamp", "end_timestamp", "end_time", "completion_time", "endtime",
        "complete", "end", "sys_updated_at", "sys_updated_on", "event_time", "eventtime", "datetime", "date_time",
        "time", "date", "updated_at", "created_at", "zeitstempel", "zeit", "datum", "fecha", "data",
    ),
    "start_timestamp": (
        "start_timestamp", "start:timestamp", "start_time", "starttime", "start", "begin", "begin_time", "started_at",
        "startzeit", "beginn", "inicio",
    ),
    "resource": (
        "org:resource", "resource", "user", "user_name", "username", "assignee", "assigned_to", "performer", "agent",
        "employee", "worker", "sys_updated_by", "bearbeiter", "ressource", "recurso", "usuario",
    ),
    "lifecycle": ("lifecycle:transition", "lifecycle", "lifecycle_transition", "transition"),
    "cost": ("cost:total", "cost", "costs", "total_cost", "kosten", "costo", "coste"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """Which source column plays which role, and why each was chosen."""

    columns: Mapping[str, str]
    why: Mapping[str, str]

    def lines(self) -> list[str]:
        return [f"{role} = {name!r} ({self.why[role]})" for role, name in self.columns.items()]


def propose(frame: pl.DataFrame, given: Mapping[str, str] | None = None) -> Proposal:
    """Choose columns of `frame` for the roles of a log; `given` (role -> column) overrides.

    Raises InvalidInput(columns.unknown) for a given column that is not there, InvalidInput(columns.role)
    for a role that does not exist, and InvalidInput(columns.none) when a required one cannot be found.
    """
    given = {role: name for role, name in (given or {}).items() if name}
    for role, name in given.items():
        if role not in NAMES:
            raise InvalidInput.unknown("columns.role", "role", role, NAMES)
        if name not in frame.columns:
            raise InvalidInput.unknown("columns.unknown", "column", name, frame.columns, role=role)
    chosen, why = dict(given), dict.fromkeys(given, "as given")
    simple = {name: plain(name) for name in frame.columns}
    for role in (*REQUIRED, *OPTIONAL):
        if role in chosen:
            continue
        for wanted in NAMES[role]:
            hit = next((c for c, s in simple.items() if s == plain(wanted) and c not in chosen.values()), None)
            if hit is not None and _fits(frame[hit], role):
                chosen[role], why[role] = hit, "by its name"
                break
    if "timestamp" not in chosen:
        times = [c for c in frame.columns if c not in chosen.values() and _is_time(frame[c])]
        if times:
            chosen["timestamp"], why["timestamp"] = times[-1], "the last column that reads as times"
        else:
            # Nothing reads as times: keep the name, so that the error can show its values.
            named = [c for w in NAMES["timestamp"] for c, s in simple.items() if s == plain(w)]
            if named and named[0] not in chosen.values():
                chosen["timestamp"], why["timestamp"] = named[0], "by its name"
    if "case_id" not in chosen or "activity" not in chosen:
        _by_content(frame, chosen, why)
    for role in REQUIRED:
        if role not in chosen:
            raise InvalidInput(
                "columns.none",
                f"No column can be the {role.replace('_', ' ')}. The columns are: {', '.join(frame.columns)}.",
                hint=f"Name it: --{role.replace('_', '-')} COLUMN.",
            )
    order = [r for r in (*REQUIRED, *OPTIONAL) if r in chosen]
    return Proposal({r: chosen[r] for r in order}, {r: why[r] for r in order})


def plain(name: str) -> str:
    """Lower case, letters and digits only.

    >>> plain("Case ID"), plain("case:concept:name")
    ('caseid', 'caseconceptname')
    """
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("ä", "a").replace("é", "e").replace("à", "a"))


def _is_time(column: pl.Series) -> bool:
    if column.dtype.is_temporal():
        return True
    return column.dtype == pl.String and guess_format(column.head(200)) is not None


def _fits(column: pl.Series, role: str) -> bool:
    if role in ("timestamp", "start_timestamp"):
        return _is_time(column)
    if role == "cost":
        text = column.head(200).cast(pl.String).drop_nulls()
        return bool(text.str.contains(r"^\s*[-+]?[\d.,' ]*\d\s*$").all())
    return True


def _by_content(frame: pl.DataFrame, chosen: dict[str, str], why: dict[str, str]) -> None:
    """The case repeats a few times per value; the activity has few values that come back in many cases."""
    head = frame.head(5000)
    free = [c for c in frame.columns if c not in chosen.values() and not head[c].dtype.is_temporal()]
    counts = {c: head[c].n_unique() for c in free}
    if "case_id" not in chosen:
        likely = [c for c in free if head.height / 50 <= counts[c] <= head.height / 1.5 and counts[c] > 1]
        if likely:
            best = max(likely, key=lambda c: counts[c])
            chosen["case_id"], why["case_id"] = best, f"{counts[best]} values over {head.height} rows"
    if "activity" not in chosen:
        likely = [c for c in free if c not in chosen.values() and 1 < counts[c] <= 100 and head[c].dtype == pl.String]
        if likely:
            best = max(likely, key=lambda c: counts[c])
            chosen["activity"], why["activity"] = best, f"{counts[best]} different values"
