"""Find what was tampered with: walk the ledger once and name the exact entries that are not what was written.

What each finding rests on:
- an entry whose content does not give its stored hash was changed (or its hash was);
- an entry that is consistent in itself, but is not what the next one points to, was rewritten with its hash;
- a missing number was deleted; a head, checkpoint or witness beyond the end means the end was cut off;
- when everything after a point was rewritten consistently, the checkpoints before and after it enclose the place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hoshin.errors import Corrupt
from hoshin.records import merkle
from hoshin.records.checkpoint import Checkpoint, parse, parse_all
from hoshin.records.entry import GENESIS, Entry
from hoshin.records.ledger import Ledger
from hoshin.store import entries as rows


@dataclass(frozen=True, slots=True)
class Finding:
    """Entry `seq` (0: not one entry) has `what` wrong: content, hash, rewritten, missing, order, truncated, head,
    checkpoint, witness."""

    seq: int
    what: str
    detail: str


@dataclass(slots=True)
class _Walk:
    """The state of one pass over the entries."""

    findings: list[Finding]
    roots: dict[int, str]
    size: int = 0
    last: Entry | None = None
    suspect: bool = False

    def step(self, entry: Entry) -> None:
        expected = self.size + 1
        if entry.seq != expected:
            if entry.seq > expected:
                self.findings += [Finding(n, "missing", f"Entry {n} was deleted.") for n in range(expected, entry.seq)]
            else:
                self.findings.append(Finding(entry.seq, "order", f"Entry {entry.seq} stands where {expected} should."))
        broken = entry.computed() != entry.hash
        before = self.last
        if before is None or entry.seq != before.seq + 1:
            linked = entry.prev == GENESIS if entry.seq == 1 else None
        else:
            linked = entry.prev == before.hash
        if before is not None and self.suspect:
            self._judge(before, entry.prev if linked is not None and not broken else None)
        elif linked is False and not broken and before is not None:
            self.findings.append(
                Finding(before.seq, "rewritten", f"Entry {before.seq} and its hash were rewritten.")
            )  # fmt: skip
        elif linked is False and not broken:
            self.findings.append(Finding(entry.seq, "rewritten", "The first entry points to one before it."))
        self.suspect, self.last, self.size = broken, entry, entry.seq

    def _judge(self, entry: Entry, pointed: str | None) -> None:
        """`entry` does not give its own hash: was it the content or only the hash that was changed?"""
        if pointed is not None and entry.computed() == pointed:
            self.findings.append(Finding(entry.seq, "hash", f"The stored hash of entry {entry.seq} was changed."))
        else:
            self.findings.append(Finding(entry.seq, "content", f"Entry {entry.seq} is not what was written."))

    def end(self, head_hash: str | None) -> None:
        if self.last is None:
            return
        if self.suspect:
            self._judge(self.last, head_hash)
        elif head_hash is not None and head_hash != self.last.hash:
            self.findings.append(
                Finding(self.last.seq, "rewritten", f"Entry {self.last.seq} is not the one the head points to.")
            )


def verify(ledger: Ledger, anchors: Sequence[str] = (), keys: Iterable[str] = ()) -> list[Finding]:
    """Everything that is wrong with `ledger`; an empty list if nothing is.

    `anchors` are checkpoint notes kept elsewhere; `keys` the public keys (hex) that may sign, besides the
    ledger's own if its key file is there."""
    findings: list[Finding] = []
    with ledger.database.read() as held:
        stored = rows.checkpoints(held)
        head = rows.head(held)
        trusted = set(keys) | ({ledger.signer.public()} if ledger.signer.path.exists() else set())
        marks = _stored_marks(stored, findings, trusted)
        if ledger.witness.exists():
            marks += _marks("witness", parse_all(ledger.witness.read_text(encoding="utf-8")), findings, trusted)
        marks += _marks("anchor", [c for text in anchors for c in parse_all(text)], findings, trusted)
        walk = _Walk(findings, dict.fromkeys({m.size for _, m in marks}, ""))
        peaks: list[bytes] = []
        for n, row in enumerate(rows.stream(held)):
            entry = Entry(*row)
            walk.step(entry)
            peaks = merkle.push(peaks, n, bytes.fromhex(entry.computed()))
            if n + 1 in walk.roots:
                walk.roots[n + 1] = merkle.root_of(peaks).hex()
        walk.end(head[1] if head and head[0] == walk.size else None)
        told = _head(head, walk.size, merkle.root_of(peaks).hex())
        # A changed entry changes the root: that the head then differs says nothing more.
        findings += [f for f in told if f.what != "head" or not any(g.seq for g in findings)]
    findings += _compare(marks, walk)
    # One finding for each entry and fault, however many things show it.
    told_once = {(f.seq, f.what, "" if f.seq else f.detail): f for f in reversed(findings)}
    return sorted(told_once.values(), key=lambda f: (f.seq, f.what, f.detail))


def _stored_marks(stored: Sequence[Any], findings: list[Finding], trusted: set[str]) -> list[tuple[str, Checkpoint]]:
    """The checkpoints of the database, each column held against its signed note."""
    marks = []
    for size, root, at, note in stored:
        try:
            mark = parse(note)
        except Corrupt as error:
            findings.append(Finding(0, "checkpoint", f"Checkpoint {size}: {error.message}"))
            continue
        if (mark.size, mark.root, mark.at) != (size, root, at):
            findings.append(Finding(0, "checkpoint", f"Checkpoint {size} is not what was signed."))
        marks += _marks("checkpoint", [mark], findings, trusted)
    return marks


def _marks(
    name: str, given: Iterable[Checkpoint | str], findings: list[Finding], trusted: set[str]
) -> list[tuple[str, Checkpoint]]:
    marks = []
    for mark in given:
        if isinstance(mark, str):
            findings.append(Finding(0, "checkpoint", f"A checkpoint in the {name} is damaged: {mark[:60]!r}."))
        elif trusted and mark.key not in trusted:
            findings.append(
                Finding(0, "checkpoint", f"{name} {mark.size} is signed by an unknown key {mark.key[:16]}.")
            )
        else:
            marks.append((name, mark))
    return marks


def _head(head: Sequence[Any] | None, size: int, root: str) -> list[Finding]:
    if head is None:
        return [Finding(0, "head", f"The head is gone; the ledger has {size} entries.")] if size else []
    if head[0] > size:
        return [
            Finding(n, "truncated", f"Entry {n} was cut off: the head says {head[0]} entries.")
            for n in range(size + 1, head[0] + 1)
        ]
    try:
        peaks = [bytes.fromhex(p) for p in json.loads(head[3])]
    except (ValueError, TypeError):
        peaks = []
    if head[0] < size or merkle.root_of(peaks).hex() != root:
        return [Finding(0, "head", "The head does not match the entries.")]
    return []


def _compare(marks: Sequence[tuple[str, Checkpoint]], walk: _Walk) -> list[Finding]:
    """Each signed root against the entries; the first that differs encloses the place with the last that agrees."""
    found: list[Finding] = []
    good = 0
    known = bool(walk.findings)
    for name, mark in sorted(marks, key=lambda m: m[1].size):
        if mark.size > walk.size:
            found += [
                Finding(n, "truncated", f"Entry {n} was cut off: the {name} of {mark.at} has {mark.size} entries.")
                for n in range(walk.size + 1, mark.size + 1)
                if not any(f.seq == n and f.what == "truncated" for f in found)
            ]
        elif walk.roots[mark.size] == mark.root:
            good = max(good, mark.size)
        elif not known and not found:
            found.append(
                Finding(
                    good + 1, "rewritten",
                    f"Entries {good + 1} to {mark.size} are not those signed at {mark.at} ({name} {mark.size}).",
                )
            )  # fmt: skip
    return found
