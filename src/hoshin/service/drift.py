"""When the way of working changed, and in what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from hoshin.mine.drift import drift_table, find_drifts, flow_signals, time_signals
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace


@use_case()
def find(
    ws: Workspace,
    log: Annotated[str, "Name of a stored log"],
    *,
    perspective: Annotated[Literal["flow", "time"], "What may change: which steps follow which, or how long"] = "flow",
    order: Annotated[Literal["time", "log"], "Order of the cases: by begin, or as they stand in the log"] = "time",
    level: Annotated[float, "Chance of a false alarm in a log without drift"] = 0.01,
    least: Annotated[int, "Cases between two drifts at least"] = 50,
) -> list[dict[str, Any]]:
    """Drifts of the process: after how many cases, since when, how surely, and what changed most.

    Example: hoshin drift find orders
    """
    given = ws.log(log)
    signals = (flow_signals if perspective == "flow" else time_signals)(given, by=order)
    with ws.progress.task("Looking for drifts"):
        found = find_drifts(signals, level=level, least=least)
    return drift_table(given, signals, found)
