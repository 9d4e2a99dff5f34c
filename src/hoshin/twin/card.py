"""The model card of a twin: what it rests on, how well it fits, what the log cannot tell, and how fresh it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from hoshin.log.eventlog import EventLog
from hoshin.twin.model import Twin, as_date
from hoshin.twin.observe import Tasks, observe
from hoshin.twin.stats import DAY_S, worked
from hoshin.twin.support import stale

FEW_TASKS, FEW_PAIRS = 30, 10


def card(twin: Twin, *, now_s: float, fresh_s: float, newer_log: str = "") -> dict[str, Any]:
    """The card as plain data. `verdict` is "calibrated" only if the hold-out says so; else why not."""
    scores = twin.scores
    warnings = stale(twin, now_s=now_s, fresh_s=fresh_s, newer_log=newer_log)
    return {
        "verdict": verdict(twin),
        "data": {
            "log": f"{twin.source.get('log', twin.name)}@{twin.source.get('version', '')}".rstrip("@"),
            "from": as_date(twin.window_s[0]), "to": as_date(twin.window_s[1]),
            "cases": twin.source.get("cases", 0), "tasks": twin.source.get("tasks", 0),
            "age_days": round((now_s - twin.window_s[1]) / DAY_S, 1), "fresh_days": fresh_s / DAY_S,
        },
        "hold_out": {k: scores[k] for k in ("cut", "past_cases", "future_cases", "mean_ratio", "plain_mean_ratio")
                     if k in scores},
        "aspects": scores.get("aspects", []),
        "known_misfits": scores.get("misfits", []),
        "identifiability": twin.seen.get("unknown", []),
        "assumptions": twin.assumptions,
        "reason": reason_words(twin),
        "warnings": warnings,
    }  # fmt: skip


def verdict(twin: Twin) -> str:
    """Whether the twin may be called calibrated.

    >>> from hoshin.twin.model import Duration
    >>> from hoshin.twin.network import Station, network
    >>> verdict(network({"desk": Station(Duration("exponential", 30.0))}, mean_gap_s=60.0))
    'not judged: it has not been compared with a hold-out.'
    """
    scores = twin.scores
    if not scores:
        return "not judged: it has not been compared with a hold-out."
    if "why_not" in scores:
        return f"not judged: {scores['why_not']}"
    if scores["calibrated"]:
        return f"calibrated: {scores['mean_ratio']:.2f} times the distance of resampled past cases."
    reasons = []
    if scores["fails"]:
        reasons.append(f"more than 1.25 times as far off as resampled past cases in {', '.join(scores['fails'])}")
    if not scores["beats_plain"]:
        reasons.append("no better than a twin without shifts and delays")
    return f"not calibrated: {'; '.join(reasons)}."


def reason_words(twin: Twin) -> str:
    """Why this version exists, in a sentence."""
    r = twin.reason
    if not r.component:
        return f"{r.what}."
    return (f"{r.what}: {r.component} changed from {as_date(r.since)} on ({r.statistic}, p {r.p:.2g}); "
            f"{r.kpi} moves by {r.shift:+.0%}. Version before: {r.before or 'none'}.")  # fmt: skip


def unknown(log: EventLog, twin: Twin) -> list[dict[str, str]]:
    """What `log` cannot tell apart or hardly shows: rows of parameter, known (no, hardly) and why."""
    tasks = observe(log)
    no, hardly = [], []
    instant = float((tasks.end <= tasks.begin).mean())
    if log.start_ns is None:
        no.append(("work and delay", "Only ends are recorded: long work and a long wait before short work look alike."))
    elif instant >= 0.1:
        blank = f"{instant:.0%} of tasks begin and end at one instant"
        hardly.append(("work and delay", f"{blank}: their work is in the waits."))
    if log.resource is None:
        no.append(("queues and delay", "Nobody is named: waiting for people and for anything else look alike."))
    else:
        hardly += _people(log, tasks, twin)
    counts = np.bincount(tasks.act, minlength=len(log.activities))
    few = [f"{log.activities[a]} ({n})" for a, n in enumerate(counts.tolist()) if 0 < n < FEW_TASKS]
    if few:
        hardly.append(("work of rare activities", f"Seen less than {FEW_TASKS} times: {_listed(few)}."))
    return [
        {"parameter": parameter, "known": known, "why": why}
        for known, rows in (("no", no), ("hardly", hardly))
        for parameter, why in rows
    ]


def _people(log: EventLog, tasks: Tasks, twin: Twin) -> list[tuple[str, str]]:
    """Pairs of parameter and why it is hardly known, of those who do the work."""
    found = []
    named = tasks.res >= 0
    if (~named).mean() >= 0.05:
        found.append(("queues and delay", f"{(~named).mean():.0%} of tasks name nobody."))
    n = np.unique(np.stack([tasks.act, tasks.res])[:, named], axis=1, return_counts=True)[1]
    if n.size and (n < FEW_PAIRS).mean() >= 0.1:
        thin = f"{(n < FEW_PAIRS).mean():.0%} of pairs of person and activity have less than {FEW_PAIRS} tasks"
        found.append(("pace of each person", f"{thin}; they are drawn towards the activity."))
    seen = {log.resources[r] for r in np.unique(tasks.res[named])}
    people = [r for r in twin.resources if r.name in seen]
    shared = sum(r.roster == "everybody" for r in people)
    if shared:
        few = f"{shared} of {len(people)} people were seen too little, or too widely, for hours of their own."
        found.append(("hours of each person", few))
    span = max(float(tasks.end.max() - tasks.begin.min()), 1.0)
    hours = {name: sum(b - a for a, b in week) / (7 * DAY_S) for name, week in twin.rosters.items()}
    duty = span * sum(hours.get(r.roster, 1.0) * r.capacity for r in people)
    busy = float(worked(tasks, twin)[named].sum()) / duty if duty > 0 else 1.0
    if busy < 0.3:
        idle = f"People are at work {busy:.0%} of the time they are there"
        found.append(("capacity", f"{idle}: the log hardly shows what happens when they are short."))
    return found


def _listed(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
