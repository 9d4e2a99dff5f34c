"""How the work flows: map, variants, bottlenecks, rework, findings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec

from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

LogName = Annotated[str, "Name of a stored log, or NAME@VERSION"]
Price = Annotated[float | None, "Price of an hour that a case spends; adds money to the hours"]


@use_case()
def map(
    ws: Workspace,
    log: LogName,
    *,
    activities: Annotated[float, "Share of activities to draw, the commonest first"] = 1.0,
    paths: Annotated[float, "Share of paths to draw beyond those that keep every activity connected"] = 0.3,
    show: Annotated[str, "Also write the picture to this .svg file"] = "",
) -> dict[str, Any]:
    """The process map: what follows what, how often, after how long.

    `activities` and `paths` choose what is drawn and never change a number. The table lists every path
    drawn; `flow_shown_share` says how much of all movement they carry.

    Example: hoshin mine map incidents --paths 0.2 --show map.svg
    """
    from hoshin.mine.map import draw_map
    from hoshin.report.svg_map import svg_map

    drawn = draw_map(ws.log(log), activities=activities, paths=paths)
    result: dict[str, Any] = {"log": log, "flow_shown_share": drawn.flow_share}
    if show:
        Path(show).write_text(svg_map(drawn), encoding="utf-8")
        result["picture"] = show
    rows = sorted(drawn.paths, key=lambda p: -p.times)
    return {**result, "paths": [msgspec.to_builtins(p) for p in rows]}


@use_case()
def variants(
    ws: Workspace,
    log: LogName,
    *,
    top: Annotated[int, "How many to list"] = 10,
) -> dict[str, Any]:
    """The commonest ways cases run, with the share of cases they cover.

    Example: hoshin mine variants incidents --top 5
    """
    from hoshin.mine.variants import discover_variants

    found = discover_variants(ws.log(log))
    return {
        "log": log,
        "variants": len(found),
        "cover_half": found.covering(0.5),
        "cover_80_percent": found.covering(0.8),
        "top": [msgspec.to_builtins(v) for v in found.top(top)],
    }


@use_case()
def bottlenecks(
    ws: Workspace,
    log: LogName,
    *,
    top: Annotated[int, "How many to list"] = 10,
    price_per_hour: Price = None,
) -> list[dict[str, Any]]:
    """Where cases spend their time, the most hours first, in money too if an hour has a price.

    Example: hoshin mine bottlenecks incidents --price-per-hour 35
    """
    from hoshin.mine.bottlenecks import rank_bottlenecks

    ranked = rank_bottlenecks(ws.log(log), price_per_hour=price_per_hour)
    return [msgspec.to_builtins(b) for b in ranked[:top]]


@use_case()
def rework(ws: Workspace, log: LogName) -> list[dict[str, Any]]:
    """Activities that cases have more than once, and how long those cases take.

    Example: hoshin mine rework incidents
    """
    from hoshin.mine.rework import find_rework

    return [msgspec.to_builtins(r) for r in find_rework(ws.log(log))]


@use_case()
def findings(
    ws: Workspace,
    log: LogName,
    *,
    price_per_hour: Price = None,
    currency: Annotated[str, "Currency of the price"] = "EUR",
) -> list[dict[str, Any]]:
    """What a manager would act on, each with its number and how it was computed.

    Example: hoshin mine findings incidents
    """
    from hoshin.mine.findings import find_findings

    found = find_findings(ws.log(log), price_per_hour=price_per_hour, currency=currency)
    return [msgspec.to_builtins(f) for f in found]
