"""Conformance: where a log leaves its model or its rules, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from hoshin.service._models import ModelName, load_model
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

if TYPE_CHECKING:
    from hoshin.mine.conform.loss import Loss

LogName = Annotated[str, "Name of a stored log, or NAME@VERSION"]
Top = Annotated[int, "How many to list"]
NoCache = Annotated[bool, "Align everything again, neither reading nor keeping alignments"]
Calendar = Annotated[str, "Working hours for rules that count them, e.g. 'Mon-Fri 08:00-16:30'"]


@use_case()
def check(ws: Workspace, log: LogName, model: ModelName, *, top: Top = 15, no_cache: NoCache = False) -> dict[str, Any]:
    """Align a log with a model: fitness, and the deviations ranked by what they cost, with cases.

    Excess time is that of the cases concerned over the cases that conform, shared among a case's deviations so that no
    hour counts twice. A difference, not a cause.

    Example: hoshin conform check incidents incidents
    """
    from hoshin.mine.conform.align import align
    from hoshin.mine.conform.deviations import find_deviations

    events, loaded = ws.log(log), load_model(ws, model)
    with ws.progress.task("Aligning"):
        aligned = align(events, loaded, memory=None if no_cache else ws.alignments)
        found = find_deviations(events, aligned)
    cost = aligned.case_cost()
    return {
        "log": log,
        "model": model,
        "fitting_cases_share": float((cost == 0).mean()) if cost.size else 1.0,
        "deviations": int(cost.sum()),
        "compared_with": found.stick.said,
        "ranked": [
            {
                "deviation": d.kind,
                "activity": d.activity,
                "after": d.after or "the start",
                "times": d.times,
                **_loss(d.loss),
                "case_ids": list(d.case_ids[:5]),
            }
            for d in found.found[:top]
        ],
    }


@use_case()
def rules(
    ws: Workspace,
    log: LogName,
    file: Annotated[Path, "Text file with a rule a line"],
    *,
    hours: Calendar = "",
) -> list[dict[str, Any]]:
    """Check rules written in plain words; the costliest broken one first, with cases.

    For example: "Approve" must precede "Pay" · four-eyes "Approve", "Pay" · "Archive" within 5 working hours of "Pay"

    Example: hoshin conform rules incidents rules.txt
    """
    from hoshin.errors import InvalidInput
    from hoshin.mine.calendar import parse_calendar
    from hoshin.mine.conform.rules import parse_rules
    from hoshin.mine.conform.verdicts import check_rules

    if not file.is_file():
        raise InvalidInput("rules.none", f"There is no file {file}.", hint="Write one rule a line into a text file.")
    events = ws.log(log)
    calendar = parse_calendar(hours, time_zone=events.time_zone) if hours else None
    return [
        {
            "rule": v.rule.text,
            "concerned": int(v.concerned.sum()),
            "broken": int(v.broken.sum()),
            "kept_share": 1 - float(v.broken.sum() / max(v.concerned.sum(), 1)),
            **_loss(v.loss),
            "case_ids": list(v.case_ids[:5]),
        }
        for v in check_rules(events, parse_rules(file.read_text(encoding="utf-8")), calendar=calendar)
    ]


@use_case()
def declare(
    ws: Workspace,
    log: LogName,
    *,
    support: Annotated[float, "Share of the cases a constraint must concern"] = 0.1,
    confidence: Annotated[float, "Share of those in which it must hold"] = 0.95,
    top: Top = 30,
) -> list[dict[str, Any]]:
    """Regularities between activities (Declare), found in a log: what nearly always holds is worth a rule.

    Example: hoshin conform declare incidents --confidence 0.99
    """
    from hoshin.mine.conform.declare import discover_declare

    found = discover_declare(ws.log(log), support=support, confidence=confidence)
    return [
        {
            "constraint": str(c),
            "template": c.template,
            "concerned": c.concerned,
            "broken": c.concerned - c.holds,
            "holds_share": c.confidence,
        }
        for c in found[:top]
    ]


@use_case()
def skeleton(
    ws: Workspace,
    log: LogName,
    *,
    noise: Annotated[float, "Share of cases that may break a relation"] = 0.05,
    top: Top = 10,
) -> dict[str, Any]:
    """The relations that nearly all cases keep (log skeleton), and the cases that break the most of them.

    Example: hoshin conform skeleton incidents --noise 0.02
    """
    from hoshin.mine.conform.skeleton import check_skeleton, discover_skeleton

    events = ws.log(log)
    found = discover_skeleton(events, noise=noise)
    broken = check_skeleton(events, found)
    worst = sorted((c for c, told in enumerate(broken) if told), key=lambda c: -len(broken[c]))
    pairs = {
        "always_after": [f"{b} after {a}" for a, b in sorted(found.always_after)],
        "always_before": [f"{b} before {a}" for a, b in sorted(found.always_before)],
        "equally_often": [f"{a} as often as {b}" for a, b in sorted(found.equivalence)],
        "never_together": [f"{a} or {b}" for a, b in sorted(found.never_together)],
    }
    return {
        "log": log,
        "keeps_all_share": 1 - len(worst) / max(events.n_cases, 1),
        "times_per_case": [{"activity": a, "times": sorted(usual)} for a, usual in found.counts.items()],
        **{name: listed[:top] for name, listed in pairs.items()},
        "cases": [
            {"case_id": str(events.case_ids[c]), "breaks": len(broken[c]), "what": "; ".join(broken[c][:5])}
            for c in worst[:top]
        ],
    }


@use_case()
def explain(
    ws: Workspace,
    log: LogName,
    model: ModelName,
    case_id: Annotated[str, "The case to look at"],
    *,
    no_cache: NoCache = False,
) -> list[dict[str, Any]]:
    """The optimal alignment of one case, move by move.

    Example: hoshin conform explain incidents incidents INC0000045
    """
    import numpy as np

    from hoshin.errors import NotFound
    from hoshin.mine.conform.align import align

    events = ws.log(log)
    held = (events.case_ids == case_id).to_numpy()
    if not held.any():
        raise NotFound("conform.case", f"Log {log!r} has no case {case_id!r}.", hint="See: hoshin log export")
    alone = events.select_cases(held & (np.cumsum(held) == 1))
    aligned = align(alone, load_model(ws, model), memory=None if no_cache else ws.alignments)
    words = {(True, True): "fits", (True, False): "extra in the log", (False, True): "skipped"}
    return [
        {"in_the_log": event or "-", "in_the_model": done or "-", "move": words[event is not None, done is not None]}
        for event, done in aligned.moves(0)
    ]


def _loss(loss: Loss) -> dict[str, Any]:
    return {
        "cases": loss.cases,
        "excess_s": loss.excess_s,
        "per_case_s": loss.per_case_s,
        "low_s": loss.low_s,
        "high_s": loss.high_s,
        **({} if loss.excess_money is None else {"excess_money": loss.excess_money}),
    }
