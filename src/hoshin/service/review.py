"""Review a model with those who do the work: their remarks become a corrected model and a difference."""

from __future__ import annotations

from typing import Annotated, Any

from hoshin.records.kinds.annotation import Verdict
from hoshin.service import _decision, _review
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

ReviewName = Annotated[str, "Name of the review"]
Approved = Annotated[bool, "Follow only remarks that were approved and are in force"]


@use_case(writes=True, audited=True)
def start(
    ws: Workspace,
    log: Annotated[str, "Name of a stored log, or NAME@VERSION"],
    *,
    model: Annotated[str, "Stored model, or a model file, to review; default: discover the best one"] = "",
    name: Annotated[str, "Name of the review; default: that of the log with -review"] = "",
    unit: Annotated[str, "Business unit it belongs to; default: all"] = "",
) -> dict[str, Any]:
    """Begin a review: keeps a copy of the model for it and lists the activities and paths to remark on.

    Example: hoshin review start incidents --model incidents
    """
    name = name or f"{log.partition('@')[0].replace('.', '-')}-review"
    return _review.start(ws, log, model, name, unit)


@use_case()
def list_(ws: Workspace) -> list[dict[str, Any]]:
    """The reviews, and how many remarks stand on each.

    Example: hoshin review list
    """
    rows = ws.book.page(ws.actor, kind=_review.KIND, limit=1000)["records"]
    return [
        {
            "review": row["id"],
            "state": row["state"],
            "owner": row["owner"],
            "at": row["at"],
            "remarks": len(_review.remarks(ws, row["id"])),
        }
        for row in rows
    ]


@use_case()
def elements(ws: Workspace, review: ReviewName) -> list[dict[str, Any]]:
    """The activities and paths of the model under review, with how often the log has them.

    Example: hoshin review elements incidents-review
    """
    _, model, log = _review.take(ws, review)
    return _review.elements(model, log)


@use_case(writes=True, audited=True)
def annotate(
    ws: Workspace,
    review: ReviewName,
    element: Annotated[str, "Activity, or 'A > B' for the path from A directly to B; ends are (start) and (end)"],
    verdict: Annotated[Verdict, "What is the matter there"],
    *,
    why: Annotated[str, "What happens really"],
    step: Annotated[str, "The step that is missing there (missing_step)"] = "",
    after: Annotated[str, "The activity after which it really happens (logged_late)"] = "",
    id: Annotated[str, "Id of the remark; default: made of what it says"] = "",
    dry_run: Annotated[bool, "Show what it would do, write nothing"] = False,
) -> dict[str, Any]:
    """Remark on an activity or path: workaround, missing_step, logged_late, not_real; the other verdicts only comment.

    Example: hoshin review annotate incidents-review "Awaiting User" workaround --why "clock is stopped to keep the SLA"
    """
    said = {"verdict": verdict, "element": element, "step": step, "after": after, "why": why}
    return _review.annotate(ws, review, said, id, dry_run)


@use_case(writes=True, audited=True)
def withdraw(
    ws: Workspace,
    remark: Annotated[str, "Id of the remark"],
    *,
    reason: Annotated[str, "Why it no longer stands"],
) -> dict[str, Any]:
    """Take a remark back. It stays readable; the corrected model is as if it had never been made.

    Example: hoshin review withdraw incidents-review-workaround-1a2b3c4d --reason "settled with the team"
    """
    _decision.require(ws, "retire", _review.REMARK, remark)
    return _decision.brief(ws, ws.decisions.retire(_review.REMARK, remark, ws.actor, reason=reason))


@use_case()
def show(ws: Workspace, review: ReviewName, *, approved: Approved = False) -> dict[str, Any]:
    """What the remarks change: activities and paths, cases and events, fitness and precision, who said so and why.

    Example: hoshin review show incidents-review
    """
    _, result, diff = _review.corrected(ws, review, approved)
    return {"review": review, **_review.told(result, diff)}


@use_case(writes=True)
def apply(
    ws: Workspace,
    review: ReviewName,
    *,
    name: Annotated[str, "Store the corrected model under this name; default: the review's with -corrected"] = "",
    log_as: Annotated[str, "Also store the corrected log under this name"] = "",
    approved: Approved = False,
    dry_run: Annotated[bool, "Show the difference, store nothing"] = False,
) -> dict[str, Any]:
    """Store the corrected model, and the log as people say it was, beside what was reviewed.

    Example: hoshin review apply incidents-review --log-as incidents-corrected
    """
    from hoshin.service._models import store_model

    record, result, diff = _review.corrected(ws, review, approved)
    found = {"review": review, **_review.told(result, diff)}
    if dry_run:
        return {"stored": False, **found}
    stored = {"model": store_model(ws, result.model, name or f"{record.model}-corrected").stem}
    if log_as:
        made = ws.logs.write(diff.log, log_as, source={"review": review, "log": record.log})
        stored["log"] = f"{made.name}@{made.version}"
    return stored | found
