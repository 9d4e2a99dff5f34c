"""`where` on every question that takes a log: the log is read through the filter, and the answer says what was kept."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.log.filter import Kept, filter_log
from hoshin.store.logs import LogStore
from hoshin.store.versions import Stored

if TYPE_CHECKING:
    from hoshin.service._workspace import Workspace

Where = Annotated[str, "Only what this filter keeps, e.g. 'duration > 5d'; see docs/how/filters.md"]
# Areas whose commands are about the log itself, whole; those of `log` that can be asked of a part say so themselves.
WHOLE = ("log", "quarantine", "connect")


@dataclass(frozen=True, slots=True)
class FilteredLogs(LogStore):
    """Reads through `inner`; of the log `only` no more than `where` keeps, which `kept` then says."""

    inner: LogStore
    only: str
    where: str
    kept: list[Kept] = field(default_factory=list)

    def stored(self, name: str) -> Stored:
        return self.inner.stored(name)

    def read(self, name: str) -> EventLog:
        log = self.inner.read(name)
        if name != self.only:
            return log
        done = filter_log(log, self.where)
        self.kept[:] = done.kept
        if not done.log.n_cases:
            raise InvalidInput(
                "filter.nothing",
                f"No case of {name} is left after {done.kept[-1].filter!r}.",
                hint=f"Ask how far each step cuts: hoshin log filter {name} --where ...",
            )
        return done.log


def can_filter(function: Callable[..., Any]) -> bool:
    """Whether a use case gets the option `where`: it asks something of its first parameter, a log."""
    names = list(inspect.signature(function).parameters)
    area = function.__module__.rpartition(".")[2]
    return "log" in names and "where" not in names and area not in WHOLE


def filtered(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with the option `where`.

    A dict comes back with `kept` in front; a table or a text comes back as {"kept": ..., "<name>": the table}.
    InvalidInput(filter.nothing) if no case is left.
    """
    before = inspect.signature(function)

    @functools.wraps(function)
    def asked(ws: Workspace, *arguments: Any, where: str = "", **options: Any) -> Any:
        if not where.strip():
            return function(ws, *arguments, **options)
        log = before.bind(ws, *arguments, **options).arguments["log"]
        logs = FilteredLogs(ws.logs.root, ws.logs, log, where)
        result = function(ws.watching(logs=logs), *arguments, **options)
        # Read it all the same if the answer did not, so that a mistake in the filter is always heard.
        if not logs.kept:
            logs.read(log)
        lines = [said(k) for k in logs.kept]
        if isinstance(result, dict):
            return {**{k: v for k, v in result.items() if k == "log"}, "kept": lines, **result}
        return {"log": log, "kept": lines, function.__name__.rstrip("_"): result}

    more = inspect.Parameter("where", inspect.Parameter.KEYWORD_ONLY, default="", annotation=Where)
    asked.__signature__ = before.replace(parameters=[*before.parameters.values(), more])  # type: ignore[attr-defined]
    asked.__annotations__ = {**function.__annotations__, "where": Where}
    return asked


def said(kept: Kept) -> dict[str, Any]:
    """One step of a filter for a table: what it kept, of what there was before it."""
    return {
        "step": kept.filter,
        "cases": kept.n_cases,
        "of_cases": kept.of_cases,
        "events": kept.n_events,
        "of_events": kept.of_events,
    }
