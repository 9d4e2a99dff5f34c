"""Records: write, propose, approve, look back. Decisions with an owner, a date and a proof."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from hoshin.errors import InvalidInput
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace

Kind = Annotated[str, "Kind of record, e.g. kpi_agreement"]
Id = Annotated[str, "Its id"]
Expect = Annotated[int | None, "The revision you saw; refuse if it has moved on"]
State = Literal["", "draft", "proposed", "approved", "in_force", "retired"]
Format = Literal["yaml", "csv", "json"]


@use_case()
def kinds(ws: Workspace) -> list[dict[str, Any]]:
    """The kinds of record there are.

    Example: hoshin record kinds
    """
    from hoshin.records.catalogue import kinds as shelf

    return [{"kind": name, "what": text} for name, text in shelf.summaries().items()]


@use_case()
def schema(ws: Workspace, kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a kind: its fields, types and limits.

    Example: hoshin record schema waiver --json
    """
    from hoshin.records.catalogue import schema as of

    return of(kind)


@use_case(top=True)
def get(
    ws: Workspace,
    kind: Kind,
    id: Id,
    *,
    as_of: Annotated[str, "A day or a moment: how it stood then"] = "",
    rev: Annotated[int | None, "This revision, as it was written"] = None,
) -> dict[str, Any]:
    """A record: its fields, where it stands, who voted, what is missing, which of its evidence is stale.

    Example: hoshin get kpi_agreement cycle-time --as-of 2026-01-31
    """
    from hoshin.service import _decision

    return _decision.shown(ws, kind, id, as_of=moment(as_of), rev=rev)


@use_case()
def list_(
    ws: Workspace,
    *,
    kind: Kind = "",
    state: Annotated[State, "Only those in this state"] = "",
    owner: Annotated[str, "Only those of this person"] = "",
    text: Annotated[str, "Only those that hold all these words"] = "",
    review_by: Annotated[str, "Only those to be reviewed by this day"] = "",
    limit: Annotated[int, "At most so many, up to 1000"] = 100,
    after: Annotated[str, "Continue: the `next` of the page before"] = "",
) -> dict[str, Any]:
    """A page of records by kind and id.

    Example: hoshin record list --kind waiver --state in_force
    """
    from hoshin.records.catalogue import kinds as shelf

    if kind:
        shelf.take(kind)
    due = day(review_by).isoformat() if review_by else ""
    which = {"kind": kind, "state": state, "review_by": due}
    return ws.book.page(ws.actor, limit=limit, after=after, owner=owner, text=text, **which)


@use_case()
def search(ws: Workspace, text: Annotated[str, "Words that must all occur"]) -> list[dict[str, Any]]:
    """Records whose id, title or other text holds all the words; personal fields are not searched.

    Example: hoshin record search "invoice rework"
    """
    found: list[dict[str, Any]] = ws.book.page(ws.actor, text=text, limit=100)["records"]
    return found


@use_case(writes=True, audited=True)
def propose(ws: Workspace, kind: Kind, id: Id, *, expect: Expect = None) -> dict[str, Any]:
    """Ask for approval of the newest revision.

    Example: hoshin record propose waiver late-report
    """
    from hoshin.service import _decision

    _decision.require(ws, "propose", kind, id)
    return _decision.brief(ws, ws.decisions.propose(kind, id, ws.actor, expect=expect))


@use_case(writes=True, audited=True, top=True)
def approve(
    ws: Workspace,
    kind: Kind,
    id: Id,
    *,
    comment: Annotated[str, "Why"] = "",
    stand_for: Annotated[str, "Vote as the delegate of this person"] = "",
    expect: Expect = None,
) -> dict[str, Any]:
    """Vote yes. The author never does; who else must is in the kind's approval rule or the policy.

    Example: hoshin approve waiver late-report --comment "one month, no longer"
    """
    from hoshin.service import _decision

    return _decision.vote(ws, kind, id, True, comment, stand_for, expect)


@use_case(writes=True, audited=True, top=True)
def reject(
    ws: Workspace,
    kind: Kind,
    id: Id,
    *,
    comment: Annotated[str, "What must change"],
    stand_for: Annotated[str, "Vote as the delegate of this person"] = "",
    expect: Expect = None,
) -> dict[str, Any]:
    """Vote no, with a reason: the record goes back to draft (a committee first finishes voting).

    Example: hoshin reject waiver late-report --comment "no compensation named"
    """
    from hoshin.service import _decision

    return _decision.vote(ws, kind, id, False, comment, stand_for, expect)


@use_case(writes=True, audited=True)
def withdraw(ws: Workspace, kind: Kind, id: Id) -> dict[str, Any]:
    """Take a proposal back to draft; its votes are void.

    Example: hoshin record withdraw waiver late-report
    """
    from hoshin.service import _decision

    _decision.require(ws, "withdraw", kind, id)
    return _decision.brief(ws, ws.decisions.withdraw(kind, id, ws.actor))


@use_case(writes=True, audited=True)
def recuse(ws: Workspace, kind: Kind, id: Id, *, reason: Annotated[str, "The interest"]) -> dict[str, Any]:
    """Declare a conflict of interest: you will not vote on this proposal.

    Example: hoshin record recuse risk_acceptance vendor-x --reason "my brother works there"
    """
    from hoshin.service import _decision

    _decision.require(ws, "recuse", kind, id)
    return _decision.brief(ws, ws.decisions.recuse(kind, id, ws.actor, reason=reason))


@use_case(writes=True, audited=True)
def enact(ws: Workspace, kind: Kind, id: Id, *, expect: Expect = None) -> dict[str, Any]:
    """Put an approved record in force; it replaces the revision in force before.

    Example: hoshin record enact waiver late-report
    """
    from hoshin.service import _decision

    _decision.require(ws, "enact", kind, id)
    return _decision.brief(ws, ws.decisions.enact(kind, id, ws.actor, expect=expect))


@use_case(writes=True, audited=True)
def retire(
    ws: Workspace, kind: Kind, id: Id, *, reason: Annotated[str, "Why it ends"], expect: Expect = None
) -> dict[str, Any]:
    """End a record. It stays readable; nothing is deleted.

    Example: hoshin record retire waiver late-report --reason "report is on time again"
    """
    from hoshin.service import _decision

    _decision.require(ws, "retire", kind, id)
    return _decision.brief(ws, ws.decisions.retire(kind, id, ws.actor, reason=reason, expect=expect))


@use_case(writes=True, audited=True)
def comment(ws: Workspace, kind: Kind, id: Id, text: Annotated[str, "What to say"]) -> dict[str, Any]:
    """Say something on a record; it changes nothing else.

    Example: hoshin record comment waiver late-report "see also last year's"
    """
    from hoshin.service import _decision

    _decision.require(ws, "comment", kind, id)
    return _decision.brief(ws, ws.decisions.comment(kind, id, ws.actor, text=text))


@use_case(top=True)
def history(ws: Workspace, kind: Kind, id: Id) -> list[dict[str, Any]]:
    """Everything that happened to a record, oldest first, with what each revision changed.

    Example: hoshin history waiver late-report
    """
    from hoshin.service import _decision

    _decision.require(ws, "read", kind, id)
    return _decision.history(ws, kind, id)


@use_case()
def impact(ws: Workspace, kind: Kind, id: Id) -> list[dict[str, Any]]:
    """Every record that rests on this one, directly or through others.

    Example: hoshin record impact threshold rework-limit
    """
    from hoshin.service import _decision

    _decision.require(ws, "read", kind, id)
    return _decision.impact(ws, kind, id)


@use_case()
def overdue(ws: Workspace) -> list[dict[str, Any]]:
    """Proposals past their deadline and records past their review date.

    Example: hoshin record overdue
    """
    from hoshin.service import _decision

    return _decision.overdue(ws)


@use_case(writes=True, audited=True)
def escalate(ws: Workspace) -> list[dict[str, Any]]:
    """Escalate every proposal past its deadline: the role its rule names may then fill any seat.

    Example: hoshin record escalate
    """
    from hoshin.service import _decision

    return [_decision.brief(ws, v) for v in ws.decisions.escalate(ws.actor, ws.ledger.clock())]


@use_case()
def export(
    ws: Workspace,
    *,
    kind: Kind = "",
    format_as: Annotated[Format, "Form of the text; CSV takes one kind"] = "yaml",
    to: Annotated[Path | None, "File to write; default: print"] = None,
) -> str:
    """Records as YAML, CSV or JSON that `hoshin apply` reads back.

    Example: hoshin record export --kind waiver --format-as csv --to waivers.csv
    """
    from hoshin.service import _decision

    text = _decision.exported(ws, kind, format_as)
    if to is None:
        return text
    to.write_text(text, encoding="utf-8")
    return f"Wrote {to}"


@use_case(writes=True, audited=True)
def write(
    ws: Workspace,
    kind: Kind,
    *,
    fields: Annotated[str, "The fields, as a JSON or YAML mapping"],
    note: Annotated[str, "Why"] = "",
    expect: Expect = None,
) -> dict[str, Any]:
    """Write one record as a draft: a new one, or a new revision.

    Example: hoshin record write waiver --fields "{id: w1, title: Late report, owner: anna, ...}"
    """
    from hoshin.service import _decision

    return _decision.write(ws, kind, fields, note, expect)


@use_case(writes=True, audited=True, top=True)
def apply(
    ws: Workspace,
    *,
    file: Annotated[Path, "A folder of YAML, CSV and JSON files, or one file", "-f"],
    kind: Annotated[str, "Kind of the records in files that do not say"] = "",
    propose: Annotated[bool, "Propose what was written"] = False,
    note: Annotated[str, "Why, e.g. the commit it comes from"] = "",
    dry_run: Annotated[bool, "Show the differences, write nothing"] = False,
) -> list[dict[str, Any]]:
    """Write the records in files (say, of a git repository) as drafts: all of them or, if one is wrong, none.

    Example: hoshin apply -f decisions/ --dry-run
    """
    from hoshin.service import _decision

    return _decision.apply(ws, file, kind=kind, propose=propose, note=note, dry_run=dry_run)


def day(text: str) -> date:
    """'2026-01-31'; InvalidInput(record.day) otherwise."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("record.day", f"{text!r} is not a day.", hint="Write 2026-01-31.") from error


def moment(text: str) -> str:
    """A day (its end, UTC) or an ISO time as the ledger writes times; '' stays ''."""
    if not text:
        return ""
    from datetime import UTC

    try:
        if len(text) <= 10:
            return datetime.combine(date.fromisoformat(text), datetime.max.time(), UTC).isoformat()
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            "record.moment", f"{text!r} is no moment.", hint="Write 2026-01-31 or 2026-01-31T12:00+01:00."
        ) from error
    known = found if found.tzinfo else found.replace(tzinfo=UTC)
    return known.astimezone(UTC).isoformat(timespec="microseconds")
