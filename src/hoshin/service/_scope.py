"""Stored logs as an actor bound to business units may see them: whole cases, by the column the policy names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from hoshin.errors import Denied
from hoshin.log.eventlog import EventLog
from hoshin.log.ocel import Ocel
from hoshin.records.actor import Actor
from hoshin.records.policy import Policy
from hoshin.store.logs import LogStore
from hoshin.store.ocels import OcelStore


@dataclass(frozen=True, slots=True)
class ScopedLogs(LogStore):
    """The logs below `root`, each cut to the rows of the actor's units. A log without the column is refused: what
    cannot be told apart is not shown."""

    actor: Actor
    policy: Policy

    def read(self, name: str) -> EventLog:
        log = LogStore.read(self, name)
        column = self.policy.column(self.actor, name)
        return narrowed(log, column, self.actor) if column else log


@dataclass(frozen=True, slots=True)
class ScopedOcels(OcelStore):
    """The object-centric logs below `root`. Their objects are shared between units, so a log that the policy cuts
    to the actor's units is refused as a whole: Denied(access.scope)."""

    actor: Actor
    policy: Policy

    def read(self, name: str) -> Ocel:
        if self.policy.column(self.actor, name):
            raise Denied(
                "access.scope",
                f"The object-centric log {name!r} cannot be cut to the units of {self.actor.name}.",
                hint="Ask for the case log of their unit, or change [[scope]] in the policy.",
            )
        return OcelStore.read(self, name)


def narrowed(log: EventLog, column: str, actor: Actor) -> EventLog:
    """The cases of `log` whose `column` (case attribute, else of every event) is one of the actor's units."""
    mine = sorted(actor.units)
    if column in log.cases.columns:
        return log.select_cases(log.cases[column].cast(pl.String).is_in(mine).fill_null(False).to_numpy())
    if column in log.events.columns:
        own = pl.DataFrame({"case": log.case_of_event(), "mine": log.events[column].cast(pl.String).is_in(mine)})
        held = own.with_columns(pl.col("mine").fill_null(False)).group_by("case").agg(pl.col("mine").all())
        kept = np.zeros(log.n_cases, dtype=bool)
        kept[held.filter("mine")["case"].to_numpy()] = True
        return log.select_cases(kept)
    raise Denied(
        "access.scope",
        f"Log {log.name!r} has no column {column!r}, so {actor.name}'s rows cannot be told apart.",
        hint="Add the column, or change [[scope]] in the policy.",
    )
