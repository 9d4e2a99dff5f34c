"""Tampering at every class of byte is found, and laid at the right entry."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from hoshin.errors import Corrupt
from hoshin.records import merkle
from hoshin.records.entry import Entry
from hoshin.records.ledger import Ledger
from hoshin.records.verify import verify
from hoshin.store import entries as rows

N = 20


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """Twenty entries, checkpoints at 8, 16 and 20."""
    for n in range(1, N + 1):
        ledger.append("test.write", by="local", kind="threshold", id=f"t{n}", rev=1, body={"n": n, "text": "é" * n})
    ledger.checkpoint()
    assert verify(ledger) == []
    return ledger


def found(ledger: Ledger, *anchors: str) -> list[tuple[int, str]]:
    return [(f.seq, f.what) for f in verify(ledger, anchors)]


def change(ledger: Ledger, sql: str, *values: object) -> None:
    with ledger.database.write() as held:
        held.rows(sql, values)


@pytest.mark.parametrize("seq", [1, 7, 8, 19, 20])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", '{"n":0}'),
        ("body", ""),
        ("at", "2001-01-01T00:00:00.000000+00:00"),
        ("actor", "s:0000000000000000"),
        ("action", "test.reed"),
        ("kind", "waiver"),
        ("id", "t99"),
        ("rev", 2),
        ("prev", "f" * 64),
    ],
)
def test_any_changed_column_is_laid_at_its_entry(full: Ledger, seq: int, column: str, value: object) -> None:
    change(full, f"UPDATE entry SET {column} = ? WHERE seq = ?", value, seq)

    assert (seq, "content") in found(full)
    assert {s for s, what in found(full)} - {0} == {seq}


@pytest.mark.parametrize("seq", [1, 8, 13, 20])
def test_one_flipped_bit_in_any_byte_of_the_body(full: Ledger, seq: int) -> None:
    body = full.entries(after=seq - 1, upto=seq)[0].body
    for place in range(len(body)):
        bent = body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :]
        change(full, "UPDATE entry SET body = ? WHERE seq = ?", bent, seq)
        assert found(full) == [(seq, "content")], place
    change(full, "UPDATE entry SET body = ? WHERE seq = ?", body, seq)
    assert found(full) == []


@pytest.mark.parametrize("seq", [1, 8, 13, 20])
def test_a_changed_hash(full: Ledger, seq: int) -> None:
    change(full, "UPDATE entry SET hash = ? WHERE seq = ?", "a" * 64, seq)

    assert found(full) == [(seq, "hash")]


@pytest.mark.parametrize("seq", [1, 8, 13, 20])
def test_an_entry_rewritten_with_its_hash(full: Ledger, seq: int) -> None:
    """The forger recomputes the hash of the entry; the next one (or the head) still points to the true one."""
    old = full.entries(after=seq - 1, upto=seq)[0]
    forged = Entry(*[{"body": '{"n":0}'}.get(f, getattr(old, f)) for f in Entry.__slots__])
    change(full, "UPDATE entry SET body = ?, hash = ? WHERE seq = ?", forged.body, forged.computed(), seq)

    assert (seq, "rewritten") in found(full)


@pytest.mark.parametrize("seq", [1, 8, 13])
def test_a_deleted_entry(full: Ledger, seq: int) -> None:
    change(full, "DELETE FROM entry WHERE seq = ?", seq)

    assert (seq, "missing") in found(full)


def test_two_entries_swapped(full: Ledger) -> None:
    for sql in ("SET seq = 0 WHERE seq = 5", "SET seq = 5 WHERE seq = 6", "SET seq = 6 WHERE seq = 0"):
        change(full, f"UPDATE entry {sql}")

    assert {s for s, _ in found(full)} >= {5, 6}


def test_an_inserted_entry(full: Ledger) -> None:
    """A forged entry 21 that the head does not know."""
    last = full.entries(after=N - 1)[0]
    forged = Entry(N + 1, last.at, "local", "test.write", "", "", 0, "{}", last.hash, "")
    row = [*[getattr(forged, f) for f in Entry.__slots__][:-1], forged.computed()]
    change(full, f"INSERT INTO entry ({rows.COLUMNS}) VALUES ({', '.join('?' * 10)})", *row)

    assert (0, "head") in found(full)


def test_the_end_cut_off(full: Ledger) -> None:
    change(full, "DELETE FROM entry WHERE seq > 17")

    assert [f for f in found(full) if f[1] == "truncated"] == [(18, "truncated"), (19, "truncated"), (20, "truncated")]


def rebuild(ledger: Ledger, entries: list[Entry]) -> None:
    """What an intruder who owns the database can do: write a whole consistent ledger."""
    prev, peaks = "0" * 64, []
    with ledger.database.write() as held:
        held.rows("DELETE FROM entry")
        held.rows("DELETE FROM head")
        for n, old in enumerate(entries):
            bare = Entry(n + 1, old.at, old.actor, old.action, old.kind, old.id, old.rev, old.body, prev, "")
            prev = bare.computed()
            peaks = merkle.push(peaks, n, bytes.fromhex(prev))
            row = [*[getattr(bare, f) for f in Entry.__slots__][:-1], prev]
            rows.append(held, row, json.dumps([p.hex() for p in peaks]))


def test_a_consistent_rewrite_is_enclosed_by_checkpoints(full: Ledger) -> None:
    entries = full.entries()
    entries[12] = Entry(*[{"body": '{"n":0}'}.get(f, getattr(entries[12], f)) for f in Entry.__slots__])
    rebuild(full, entries)

    (finding,) = verify(full)
    assert (finding.seq, finding.what) == (9, "rewritten")
    assert "Entries 9 to 16" in finding.detail


def test_a_consistent_truncation_is_seen_by_the_witness_even_without_stored_checkpoints(full: Ledger) -> None:
    rebuild(full, full.entries()[:17])
    change(full, "DELETE FROM checkpoint")

    assert found(full) == [(18, "truncated"), (19, "truncated"), (20, "truncated")]


def test_with_the_witness_gone_too_an_anchor_kept_elsewhere_sees_it(full: Ledger) -> None:
    anchor = full.checkpoint().note
    rebuild(full, full.entries()[:17])
    change(full, "DELETE FROM checkpoint")
    full.witness.unlink()

    assert found(full) == []
    assert found(full, anchor) == [(18, "truncated"), (19, "truncated"), (20, "truncated")]


@pytest.mark.parametrize(("column", "value"), [("size", 9), ("root", "0" * 64), ("at", "2001-01-01"), ("note", "x")])
def test_a_changed_checkpoint(full: Ledger, column: str, value: object) -> None:
    change(full, f"UPDATE checkpoint SET {column} = ? WHERE size = 8", value)

    assert found(full) == [(0, "checkpoint")]


def test_a_flipped_byte_anywhere_in_a_checkpoint_or_the_witness(full: Ledger) -> None:
    text = full.witness.read_text(encoding="utf-8")
    for place in range(0, len(text), 7):
        if text[place] != "\n":
            full.witness.write_text(
                text[:place] + ("x" if text[place] != "x" else "y") + text[place + 1 :], encoding="utf-8"
            )
            assert (0, "checkpoint") in found(full), place


def test_a_checkpoint_signed_by_another_key(full: Ledger, tmp_path: Path) -> None:
    stranger = Ledger(full.database, tmp_path / "elsewhere")
    note = stranger.signer.sign("x", 8, "0" * 64, "2026-01-01").note

    assert found(full, note) == [(0, "checkpoint")]


@pytest.mark.parametrize("sql", ["DELETE FROM head", "UPDATE head SET peaks = '[]'", "UPDATE head SET size = 3"])
def test_a_changed_head(full: Ledger, sql: str) -> None:
    change(full, sql)

    assert (0, "head") in found(full)


def test_proofs_hold_and_the_header_is_the_entry(full: Ledger) -> None:
    for seq in range(1, N + 1):
        proof = full.prove(seq)
        path = [bytes.fromhex(p) for p in proof["path"]]
        assert merkle.leaf_hash(proof["header"].encode()).hex() == proof["leaf"]
        assert merkle.included(bytes.fromhex(proof["leaf"]), seq - 1, N, path, bytes.fromhex(full.head()[1]))
        grown = full.prove_growth(seq)
        path = [bytes.fromhex(p) for p in grown["path"]]
        assert merkle.consistent(seq, N, bytes.fromhex(grown["old_root"]), bytes.fromhex(grown["root"]), path)
    body = full.entries(after=4, upto=5)[0].body
    assert json.loads(full.prove(5)["header"])["body"] == hashlib.sha256(body.encode()).hexdigest()


def test_a_damaged_checkpoint_text_is_corrupt() -> None:
    from hoshin.records.checkpoint import parse

    with pytest.raises(Corrupt, match="damaged"):
        parse("hoshin ledger v1\n")


@pytest.mark.parametrize("ending", ["\n", "\n\n", "\r\n"])
def test_an_anchor_that_went_through_a_shell_or_a_mail_still_holds(full: Ledger, ending: str) -> None:
    note = full.checkpoint().note

    assert found(full, note + ending, note.rstrip() + ending + note) == []
