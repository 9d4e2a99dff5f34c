"""How record use cases are carried out: permission by kind and unit, then the book, then what a reader sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hoshin.errors import InvalidInput, NotFound
from hoshin.records import codec
from hoshin.records.approval import tier_from
from hoshin.records.catalogue import kinds
from hoshin.records.entry import Entry
from hoshin.records.record import Version
from hoshin.records.redaction import Subjects
from hoshin.service._workspace import Workspace
from hoshin.store import states

SUFFIXES = {".yaml": "yaml", ".yml": "yaml", ".csv": "csv", ".json": "json"}


def require(ws: Workspace, verb: str, kind: str, id: str) -> Version:
    """The record, if the actor may do `verb` on it. What is not theirs to see is not there for them."""
    version = ws.book.take(kind, id)
    unit = str(version.data.get("unit", ""))
    if not ws.actor.in_unit(unit):
        raise NotFound("record.none", f"There is no {kind} {id!r}.", hint=f"hoshin record list --kind {kind}")
    ws.require(verb, f"record/{kind}", unit)
    return version


def names(ws: Workspace, subjects: list[str]) -> dict[str, str]:
    with ws.database.read() as held:
        known = Subjects(held)
        return {s: known.name(s) for s in set(subjects)}


def brief(ws: Workspace, version: Version) -> dict[str, Any]:
    """Where a record stands, in a line."""
    result: dict[str, Any] = {"kind": version.kind, "id": version.id, "rev": version.rev, "state": version.state}
    if version.state == "proposed":
        result["missing"] = list(ws.decisions.standing(version).missing)
        result["due_at"] = _due(version)
    return result


def _due(version: Version) -> str | None:
    from datetime import datetime

    if not version.tier or not version.proposed_at:
        return None
    return tier_from(version.tier).due(datetime.fromisoformat(version.proposed_at)).isoformat()


def shown(ws: Workspace, kind: str, id: str, *, as_of: str = "", rev: int | None = None) -> dict[str, Any]:
    """A record in full."""
    require(ws, "read", kind, id)
    version = ws.book.take(kind, id, at=as_of)
    data = version.data if rev is None else ws.book.revision(kind, id, rev)
    people = names(ws, [version.author, *(v.voter for v in version.votes), *(v.principal for v in version.votes)])
    result = brief(ws, version) | {
        "in_force_rev": version.force_rev,
        "author": people[version.author],
        "at": version.at,
        "digest": version.digest,
        "fields": {k: v for k, v in ws.book.readable(kind, data).items() if v not in (None, "", [])},
    }
    if rev is not None:
        result["shown_rev"] = rev
    if version.votes:
        result["votes"] = [
            {
                "by": people[v.voter],
                "for": people[v.principal] if v.principal != v.voter else "",
                "vote": "yes" if v.approve else "no",
                "roles": list(v.roles) if len(v.roles) < 9 else ["local"],
                "comment": v.comment,
                "at": v.at,
            }
            for v in version.votes
        ]
    cited = data.get("evidence") or []
    if cited:
        result["stale_evidence"] = stale_evidence(ws, cited)
    with ws.database.read() as held:
        users = [{"relation": r, "kind": k, "id": i} for r, k, i in states.linked_to(held, kind, id)]
    if users:
        result["linked_from"] = users
    return result


def stale_evidence(ws: Workspace, ids: list[str]) -> list[str]:
    """What of the cited evidence may no longer hold, and why."""
    import json

    from hoshin.service import _evidence

    found = []
    with ws.database.read() as held:
        texts = {id: states.get_evidence(held, id) for id in ids}
    for id, text in texts.items():
        reasons = _evidence.stale(ws, json.loads(text)) if text else ["it is gone"]
        found += [f"{id}: {reason}" for reason in reasons]
    return found


def vote(
    ws: Workspace, kind: str, id: str, approve: bool, comment: str, stand_for: str, expect: int | None
) -> dict[str, Any]:
    require(ws, "approve", kind, id)
    version = ws.decisions.vote(kind, id, ws.actor, approve, comment=comment, stand_for=stand_for, expect=expect)
    return brief(ws, version)


def history(ws: Workspace, kind: str, id: str) -> list[dict[str, Any]]:
    """One row per entry; a write says which fields it changed."""
    found = ws.book.history(kind, id)
    people = names(ws, [e.actor for e in found])
    rows: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for entry in found:
        row = {"seq": entry.seq, "at": entry.at, "by": people[entry.actor], "act": entry.action.removeprefix("record.")}
        row |= {"rev": entry.rev, "what": _what(ws, entry, before)}
        if entry.action == "record.write":
            before = ws.book.readable(kind, entry.data["record"])
        rows.append(row)
    return rows


def _what(ws: Workspace, entry: Entry, before: dict[str, Any]) -> str:
    body = entry.data
    if entry.action == "record.write":
        now = ws.book.readable(entry.kind, body["record"])
        if not before:
            return body["note"] or "first written"
        parts = [f"{c['field']}: {c['from']} -> {c['to']}" for c in codec.changes(before, now)]
        return "; ".join(parts) + (f" ({body['note']})" if body["note"] else "")
    text = body.get("comment") or body.get("reason") or body.get("text") or ""
    return f"{text} -> {body['outcome']}".strip() if body.get("outcome") in ("approved", "rejected") else str(text)


def impact(ws: Workspace, kind: str, id: str) -> list[dict[str, Any]]:
    """Breadth first over the links that point here; a cycle is walked once."""
    seen, level, found, depth = {(kind, id)}, [(kind, id)], [], 0
    with ws.database.read() as held:
        while level:
            depth, after = depth + 1, []
            for here in level:
                for relation, k, i in states.linked_to(held, *here):
                    row = states.get(held, k, i)
                    if (k, i) not in seen and row is not None and ws.actor.in_unit(row[7]):
                        seen.add((k, i))
                        after.append((k, i))
                        row_shown = {"steps": depth, "kind": k, "id": i, "relation": relation, "to": "/".join(here)}
                        found.append(row_shown | {"state": row[3]})
            level = after
    return found


def overdue(ws: Workspace) -> list[dict[str, Any]]:
    now = ws.ledger.clock()
    late = ws.book.page(ws.actor, limit=1000, state="proposed", due_by=now.isoformat())["records"]
    old = ws.book.page(ws.actor, limit=1000, review_by=now.date().isoformat())["records"]
    rows = [{"why": "decision", "since": r["due_at"], **_key(r)} for r in late]
    return rows + [{"why": "review", "since": r["review_on"], **_key(r)} for r in old]


def _key(row: dict[str, Any]) -> dict[str, Any]:
    return {k: row[k] for k in ("kind", "id", "state", "title", "owner")}


def exported(ws: Workspace, kind: str, style: str) -> str:
    if style == "csv" and not kind:
        raise InvalidInput("record.export", "A CSV file holds one kind of record.", hint="Say --kind, or use yaml.")
    if kind:
        kinds.take(kind)
    items, after = [], ""
    while True:
        page = ws.book.page(ws.actor, kind=kind, limit=1000, after=after)
        for row in page["records"]:
            items.append((row["kind"], ws.book.open(ws.book.take(row["kind"], row["id"]))))
        after = page["next"]
        if not after:
            return codec.write(items, style)


def write(ws: Workspace, kind: str, fields: str, note: str, expect: int | None) -> dict[str, Any]:
    found = codec.parse(fields, "yaml", kind=kind, where="fields")
    if len(found) != 1:
        raise InvalidInput("record.fields", f"Expected the fields of one record, found {len(found)}.")
    record = codec.from_data(kind, found[0][1])
    _may_write(ws, kind, record.id, record.unit)
    return brief(ws, ws.book.save(record, ws.actor, note=note, expect=expect))


def _may_write(ws: Workspace, kind: str, id: str, unit: str) -> None:
    """Writing needs the permission in the unit the record is in, and in the one it moves to."""
    ws.require("write", f"record/{kind}", unit)
    version = ws.book.version(kind, id)
    if version is not None:
        ws.require("write", f"record/{kind}", str(version.data.get("unit", "")))


def apply(ws: Workspace, path: Path, *, kind: str, propose: bool, note: str, dry_run: bool) -> list[dict[str, Any]]:
    """Read every file, check all, then write all in one transaction. One row per record: what happens to it."""
    given = [(k, codec.from_data(k, data, where), where) for k, data, where in read_files(path, kind)]
    keys = [(k, r.id) for k, r, _ in given]
    for n, key in enumerate(keys):
        if key in keys[:n]:
            raise InvalidInput("record.twice", f"{given[n][2]}: {key[0]}/{key[1]} is given twice.")
    rows: list[dict[str, Any]] = []
    try:
        with ws.database.write():
            for k, record, where in given:
                _may_write(ws, k, record.id, record.unit)
                before = ws.book.version(k, record.id)
                old = ws.book.open(before) if before else None
                after = _saved(ws, record, note, keys, where)
                diff = codec.changes(old, codec.to_data(record))
                act = "create" if before is None else "unchanged" if after.rev == before.rev else "change"
                if propose and after.state == "draft":
                    ws.require("propose", f"record/{k}", record.unit)
                    after = ws.decisions.propose(k, record.id, ws.actor)
                row = {"act": act, "kind": k, "id": record.id, "rev": after.rev, "state": after.state}
                rows.append(row | {"changes": _diff(diff) if act == "change" else ""})
            if dry_run:
                raise _DryRun
    except _DryRun:
        return rows
    return rows


class _DryRun(Exception):
    """Leave the transaction without writing."""


def _saved(ws: Workspace, record: Any, note: str, keys: list[tuple[str, str]], where: str) -> Version:
    try:
        return ws.book.save(record, ws.actor, note=note, within=keys)
    except InvalidInput as error:
        error.message = f"{where}: {error.message}"
        raise


def _diff(changes: list[dict[str, Any]]) -> str:
    return "; ".join(f"{c['field']}: {c['from']} -> {c['to']}" for c in changes)


def read_files(path: Path, kind: str) -> list[tuple[str, dict[str, Any], str]]:
    """(kind, fields, where) of every record in a file, or in the files of a folder in the order of their names."""
    if not path.exists():
        raise NotFound("record.file", f"There is no file or folder {path}.")
    files = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise InvalidInput("record.file", f"{path} holds no .yaml, .csv or .json file.")
    found = []
    for file in files:
        style = SUFFIXES.get(file.suffix.lower())
        if style is None:
            raise InvalidInput("record.file", f"{file} is none of {', '.join(SUFFIXES)}.")
        where = file.relative_to(path).as_posix() if path.is_dir() else file.name
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidInput("record.encoding", f"{where}: not UTF-8 at byte {error.start}.") from error
        found += codec.parse(text, style, kind=kind, where=where)
    return found
