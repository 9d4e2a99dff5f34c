"""Run a use case under watch: which versions of which logs it reads, and the same again later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from hoshin import __version__
from hoshin.errors import Conflict, Corrupt, Denied, InvalidInput, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.log.ocel import Ocel
from hoshin.records import evidence
from hoshin.records.entry import canonical
from hoshin.service._arguments import convert, use_named
from hoshin.service._use_case import UseCase
from hoshin.service._workspace import Workspace
from hoshin.store import states
from hoshin.store.logs import LogStore
from hoshin.store.ocels import OcelStore
from hoshin.store.twins import TwinStore
from hoshin.store.versions import Stored

LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class WatchedLogs(LogStore):
    """Reads through `inner`, notes the version of every log that is touched, and holds `pins` to theirs."""

    inner: LogStore
    pins: Mapping[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def stored(self, name: str) -> Stored:
        bare = name.partition("@")[0]
        found = self.inner.stored(f"{bare}@{self.pins[bare]}" if name in self.pins and name == bare else name)
        self.seen[name] = found.version
        return found

    def read(self, name: str) -> EventLog:
        found = self.stored(name)
        return self.inner.read(f"{found.name}@{found.version}")


@dataclass(frozen=True, slots=True)
class WatchedTwins(TwinStore):
    """The same for digital twins."""

    pins: Mapping[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> tuple[str, bytes]:
        version, document = TwinStore(self.root).read(f"{name}@{self.pins[name]}" if name in self.pins else name)
        self.seen[name] = version
        return version, document


@dataclass(frozen=True, slots=True)
class WatchedOcels(OcelStore):
    """As `WatchedLogs`, for object-centric logs, which `pins` and `seen` name `ocel/NAME`."""

    inner: OcelStore
    pins: Mapping[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def stored(self, name: str) -> Stored:
        pinned = self.pins.get(f"ocel/{name}")
        found = self.inner.stored(f"{name}@{pinned}" if pinned and "@" not in name else name)
        self.seen[f"ocel/{name}"] = found.version
        return found

    def read(self, name: str) -> Ocel:
        found = self.stored(name)
        return self.inner.read(f"{found.name}@{found.version}")


@cache
def code_hash() -> str:
    """SHA-256 over hoshin's own sources, 16 hex digits: two checkouts of one release may differ."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def sealed(
    ws: Workspace, use: UseCase, given: Mapping[str, Any], pins: Mapping[str, str],
    twin_pins: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run `use` and seal what it says; names in `pins` and `twin_pins` are read in those versions."""
    if use.writes or use.bare:
        raise InvalidInput(
            "evidence.writes", f"{use.area}.{use.name} changes things; evidence is an answer.", hint="Seal a question."
        )
    arguments = convert(use, given)
    ws.require("read", f"{use.area}.{use.name}")
    watched = WatchedLogs(ws.root / "logs", ws.logs, pins)
    ocels = WatchedOcels(ws.root / "ocels", ws.ocels, pins, watched.seen)
    twins = WatchedTwins(ws.root / "twins", twin_pins or {})
    result = use.call(ws.watching(logs=watched, ocels=ocels, twins=twins), **arguments)
    plain = msgspec.to_builtins(result, enc_hook=_plain)
    asked = {p.name: given_text(arguments[p.name]) for p in use.parameters if arguments[p.name] != p.default}
    files = {p.name: file_hash(arguments[p.name]) for p in use.parameters if isinstance(arguments[p.name], Path)}
    body = evidence.seal(
        use=f"{use.area}.{use.name}", arguments=asked, logs=watched.seen, twins=twins.seen,
        files={k: v for k, v in files.items() if v},
        code=code_hash(), release=__version__, units=sorted(ws.actor.units), result=plain,
    )  # fmt: skip
    if len(canonical(body)) > LARGEST:
        raise InvalidInput("evidence.size", f"The result has {len(canonical(body)):,} bytes; {LARGEST:,} is the most.")
    return body


def given_text(value: Any) -> Any:
    return value.as_posix() if isinstance(value, Path) else value


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def keep(ws: Workspace, body: dict[str, Any], note: str) -> None:
    """Store sealed evidence; the ledger gets its id and hash, not its content."""
    with ws.database.write() as held:
        if states.get_evidence(held, body["id"]) is None:
            states.add_evidence(held, body["id"], ws.ledger.clock().isoformat(timespec="microseconds"), canonical(body))
            told = {"evidence": body["id"], "use": body["use"], "result_hash": body["result_hash"], "note": note}
            ws.ledger.append("evidence.seal", by=ws.actor.id, body=told)


def taken(ws: Workspace, id: str) -> dict[str, Any]:
    """Stored evidence; NotFound(evidence.none), Corrupt(evidence.changed) if it is not what was sealed."""
    with ws.database.read() as held:
        text = states.get_evidence(held, id)
    if text is None:
        raise NotFound("evidence.none", f"There is no evidence {id!r}.", hint="hoshin evidence list")
    body: dict[str, Any] = json.loads(text)
    ours = sorted(ws.actor.units)
    if "*" not in ours and body["units"] != ours:
        raise Denied("evidence.scope", f"Evidence {id} covers business units {', '.join(body['units'])}.")
    if body.get("id") != id or not evidence.intact(body):
        raise Corrupt("evidence.changed", f"Evidence {id} is not what was sealed.", hint="hoshin audit verify")
    return body


def stale(ws: Workspace, body: Mapping[str, Any]) -> list[str]:
    """Why the evidence may no longer hold: a newer version of a log, a changed or missing file, other code."""
    found = []
    for name, version in body["logs"].items():
        bare = name.partition("@")[0]
        if "@" in name:
            continue
        kind, _, plain = bare.rpartition("/")
        store = OcelStore(ws.root / "ocels") if kind else LogStore(ws.root / "logs")
        now = store.stored(plain).version if plain in store.names() else ""
        if now != version:
            found.append(f"log {bare} is now {now or 'gone'}, was {version}")
    for name, version in body.get("twins", {}).items():
        if "@" not in name and (now := ws.twins.current(name)) != version:
            found.append(f"twin {name} is now {now or 'gone'}, was {version}")
    for name, digest in body["files"].items():
        if file_hash(Path(str(body["arguments"].get(name, "")))) != digest:
            found.append(f"file {body['arguments'].get(name)} is not the same")
    return found


def verified(ws: Workspace, id: str, tolerance: float) -> dict[str, Any]:
    """Compute again on the sealed inputs and compare. Conflict(evidence.differs) lists the differences."""
    body = taken(ws, id)
    if sorted(ws.actor.units) != body["units"]:
        raise Denied(
            "evidence.scope", f"Evidence {id} was computed for units {', '.join(body['units'])}; yours differ.",
            hint="Someone with the same business units can verify it.",
        )  # fmt: skip
    again = sealed(ws, use_named(body["use"]), body["arguments"], body["logs"], body.get("twins"))
    found = evidence.differences(body["result"], again["result"], tolerance=tolerance)
    if again["files"] != body["files"]:
        found.insert(0, {"at": "files", "sealed": body["files"], "now": again["files"]})
    if found:
        raise Conflict(
            "evidence.differs",
            f"Computed again, {body['use']} differs from {id} in {len(found)} places, first {found[0]['at']}: "
            f"sealed {_short(found[0]['sealed'])}, now {_short(found[0]['now'])}.",
            hint=f"The code is {'the same' if again['code'] == body['code'] else 'another'} as when it was sealed.",
            differences=found,
        )
    same = again["result_hash"] == body["result_hash"]
    return {
        "id": id, "use": body["use"], "holds": True, "exactly": same, "same_code": again["code"] == body["code"],
        "stale": stale(ws, body),
    }  # fmt: skip


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 80 else text[:77] + "..."


def citing(ws: Workspace, id: str) -> list[dict[str, Any]]:
    """The records whose newest revision cites the evidence, as far as the actor may see them."""
    page = ws.book.page(ws.actor, text=id.lower(), limit=1000)["records"]
    return [{"kind": r["kind"], "id": r["id"], "state": r["state"]} for r in page]
