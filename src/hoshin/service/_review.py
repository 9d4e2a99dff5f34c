"""A review of a model in the workspace: its record, its copy of the model, the remarks that stand."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from hoshin.errors import Conflict, InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.model.family import Model, as_net
from hoshin.mine.review.correct import Corrected, correct
from hoshin.mine.review.difference import Difference, compare_models, path_text
from hoshin.mine.review.remark import Remark
from hoshin.records.kinds.annotation import Annotation
from hoshin.records.kinds.model_review import ModelReview
from hoshin.service import _decision
from hoshin.service._models import load_model, model_file, names, store_model
from hoshin.service._workspace import Workspace
from hoshin.store import states

KIND, REMARK = "model_review", "annotation"


def take(ws: Workspace, name: str) -> tuple[ModelReview, Model, EventLog]:
    """The review, its model and its log. Conflict(review.model) if the model is no longer the one reviewed."""
    record: Any = ws.book.record(_decision.require(ws, "read", KIND, name))
    if record.model not in names(ws) or digest(ws, record.model) != record.digest:
        raise Conflict(
            "review.model",
            f"The model {record.model!r} of review {name!r} is no longer the one that was reviewed.",
            hint="Start a new review, or bring the model back from a backup.",
        )
    return record, load_model(ws, record.model), ws.log(record.log)


def digest(ws: Workspace, model: str) -> str:
    return sha256(model_file(ws, model).read_bytes()).hexdigest()


def start(ws: Workspace, log: str, source: str, name: str, unit: str) -> dict[str, Any]:
    """Keep a copy of the model for the review alone and write the record."""
    if ws.book.version(KIND, name) is not None or name in names(ws):
        raise Conflict("review.exists", f"There is a review or a model {name!r} already.", hint="Say another --name.")
    ws.require("write", f"record/{KIND}", unit)
    stored = ws.logs.stored(log)
    model = load_model(ws, source) if source else _discovered(ws, log)
    store_model(ws, model, name)
    record = ModelReview(
        id=name, title=f"Review of the model of {log}", owner=ws.actor.name, unit=unit,
        log=f"{stored.name}@{stored.version}", model=name, digest=digest(ws, name), made_from=source,
    )  # fmt: skip
    version = ws.book.save(record, ws.actor, note="review started")
    return _decision.brief(ws, version) | {"model": name, "elements": elements(model, ws.log(log))}


def _discovered(ws: Workspace, log: str) -> Model:
    from hoshin.mine.choose import choose, plans

    with ws.progress.task("mine and judge models", len(plans())) as advance:
        return choose(ws.log(log), advance=advance).best.model


def elements(model: Model, log: EventLog) -> list[dict[str, Any]]:
    """What can be remarked on: activities and paths of the model, the commonest in the log first."""
    import numpy as np

    from hoshin.mine.model.edit import paths_of
    from hoshin.mine.review.difference import places

    rows = []
    found: list[str | tuple[str, str]] = [*as_net(model).labels(), *paths_of(model)]
    for element in found:
        events = places(log, element)
        cases = int(np.unique(log.case_of_event()[events]).size)
        text = element if isinstance(element, str) else path_text(element)
        kind = "activity" if isinstance(element, str) else "path"
        rows.append({"element": text, "kind": kind, "cases": cases, "events": int(events.size)})
    return sorted(rows, key=lambda r: (r["kind"], -r["events"], r["element"]))


def remarks(ws: Workspace, name: str, *, approved: bool = False) -> list[Remark]:
    """The remarks on a review that stand (not withdrawn; `approved`: in force only), oldest first."""
    with ws.database.read() as held:
        linked = [id for _, kind, id in states.linked_to(held, KIND, name) if kind == REMARK]
    found = []
    for id in linked:
        version = ws.book.take(REMARK, id)
        if version.state == "retired" or (approved and version.force_rev is None):
            continue
        data = ws.book.open(version)
        if approved and version.force_rev != version.rev:
            data = ws.book.readable(REMARK, ws.book.revision(REMARK, id, version.force_rev or 0))
        who = _decision.names(ws, [version.author])[version.author]
        found.append(
            Remark(
                id, data["verdict"], data["element"], data.get("step", ""), data.get("after", ""), who,
                version.at, data["remark"], version.state,
            )
        )  # fmt: skip
    return sorted(found, key=lambda r: (r.at, r.id))


def annotation_id(name: str, verdict: str, element: str, step: str, after: str) -> str:
    """The id of a remark: the same remark again is the same record."""
    told = "\x00".join((verdict, element, step, after))
    return f"{name[:60]}-{verdict}-{sha256(told.encode()).hexdigest()[:8]}"


def annotate(ws: Workspace, name: str, said: dict[str, str], id: str, dry_run: bool) -> dict[str, Any]:
    """Write a remark after checking that it can be followed, alone and with those that stand."""
    review, model, log = take(ws, name)
    id = id or annotation_id(name, said["verdict"], said["element"], said["step"], said["after"])
    new = Remark(
        id, said["verdict"], said["element"], said["step"], said["after"], ws.actor.name,
        ws.ledger.clock().isoformat(), said["why"], "draft",
    )  # fmt: skip
    standing = [r for r in remarks(ws, name) if r.id != id]
    effect = compare_models(log, model, correct(model, [new]), [new]).effects[0]
    shown = {"id": id, **_effect_row(effect)}
    clash = _clash_with(model, [*standing, new])
    if clash:
        shown["conflict"] = clash
    if dry_run:
        return shown | {"written": False}
    ws.require("write", f"record/{REMARK}", review.unit)
    record = Annotation(
        id=id, title=f"{said['verdict'].replace('_', ' ')}: {said['element']}"[:300], owner=ws.actor.name,
        unit=review.unit, links=(f"reviews={KIND}/{name}",), element=said["element"], remark=said["why"],
        verdict=said["verdict"], step=said["step"], after=said["after"],  # type: ignore[arg-type]
    )  # fmt: skip
    version = ws.book.save(record, ws.actor, note=said["why"])
    return shown | {"written": True, "state": version.state, "undo": f"hoshin review withdraw {id} --reason ..."}


def _clash_with(model: Model, given: list[Remark]) -> str:
    try:
        correct(model, given)
    except (Conflict, InvalidInput) as error:
        return error.message
    return ""


def corrected(ws: Workspace, name: str, approved: bool) -> tuple[ModelReview, Corrected, Difference]:
    """The review's remarks followed, and the difference they make."""
    review, model, log = take(ws, name)
    standing = remarks(ws, name, approved=approved)
    with ws.progress.task("Correct and align"):
        result = correct(model, standing)
        return review, result, compare_models(log, model, result, standing)


def _effect_row(effect: Any) -> dict[str, Any]:
    r = effect.remark
    return {
        "element": r.element, "verdict": r.verdict, "does": effect.does, "cases": effect.cases,
        "events": effect.events, "by": r.by, "at": r.at[:19], "why": r.why, "state": r.state,
    }  # fmt: skip


def told(result: Corrected, diff: Difference) -> dict[str, Any]:
    """The difference as a person reads it."""

    def listed(pairs: Any) -> Any:
        return "too many to compare" if pairs is None else [path_text(p) for p in pairs]

    quality = [("fitness", "fitness"), ("precision", "precision"), ("fitting_cases_share", "fitting_share")]
    return {
        "sound": "unknown" if result.soundness.sound is None else result.soundness.sound,
        **{
            f"{shown}_{when}": None if q is None else getattr(q, name)
            for shown, name in quality
            for when, q in (("before", diff.before), ("after", diff.after))
        },
        "activities_added": list(diff.activities_added),
        "activities_removed": list(diff.activities_removed),
        "activities_moved": [f"{a} to after {b}" for a, b in diff.activities_moved],
        "steps_nobody_logs": sorted(result.unlogged),
        "paths_added": listed(diff.paths_added),
        "paths_removed": listed(diff.paths_removed),
        "remarks": [{"id": e.remark.id, **_effect_row(e)} for e in diff.effects],
        "workarounds": [
            {
                "element": r.element, "cases": loss.cases, "excess_s": loss.excess_s, "per_case_s": loss.per_case_s,
                "low_s": loss.low_s, "high_s": loss.high_s,
            }
            for r, loss in diff.workarounds
        ],
        "said": list(diff.said),
    }  # fmt: skip
