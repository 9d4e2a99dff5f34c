"""Import, append, quarantine, release: nothing is lost, the totals reconcile at every step, lineage holds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from hoshin.errors import Conflict, Corrupt, InvalidInput, NotFound
from hoshin.service import log as logs
from hoshin.service import quarantine
from hoshin.service._workspace import Workspace

GOOD = """case_id,activity,timestamp,region,amount
1,Submit,2024-01-01 09:00,EU,10
1,Check,2024-01-02 09:00,EU,20
2,Submit,2024-01-03 09:00,US,30
1,Approve,2024-01-04 09:00,EU,40
2,Reject,2024-01-05 09:00,US,50
"""
# Row 1 has no case, row 3 an hour that does not exist.
BAD = GOOD.replace("1,Check,", ",Check,").replace("2024-01-04 09:00", "2024-01-04 29:00")


@pytest.fixture
def folder(ws: Workspace) -> Path:
    (ws.root / "good.csv").write_text(GOOD)
    (ws.root / "bad.csv").write_text(BAD)
    return ws.root


def totals(ws: Workspace, log: str) -> dict[str, int]:
    found: dict[str, int] = ws.logs.stored(log).meta["source"]["totals"]
    return found


def test_repair_and_release_give_the_log_a_good_file_would_have_given(ws: Workspace, folder: Path) -> None:
    logs.import_(ws, folder / "good.csv", name="good")
    done = logs.import_(ws, folder / "bad.csv", name="bad")
    assert totals(ws, "bad") == {"rows": 5, "accepted": 3, "quarantined": 2}
    assert [r["reason"] for r in quarantine.show(ws, "bad")] == ["no case id", "no timestamp that can be read"]
    assert "no case id" in (folder / done["quarantine"]).read_text()

    changes = quarantine.repair(ws, "bad", set_=["case_id = '1'"], where="reason = 'no case id'")
    assert [(c["source_row"], c["before"], c["after"]) for c in changes] == [(1, None, "1")]
    half = quarantine.release(ws, "bad")
    assert half["batch"] == [{"batch": 1, "released": 1, "still_held": 1}]
    assert totals(ws, "bad") == {"rows": 5, "accepted": 4, "quarantined": 1}
    assert quarantine.show(ws, "bad")[0]["reason"] == "timestamp cannot be read: 2024-01-04 29:00"

    (folder / "patch.csv").write_text("source_row,timestamp\n3,2024-01-04 09:00\n")
    quarantine.repair(ws, "bad", patch=folder / "patch.csv")
    full = quarantine.release(ws, "bad")
    assert full["reconciles"]
    assert totals(ws, "bad") == {"rows": 5, "accepted": 5, "quarantined": 0}
    assert quarantine.show(ws, "bad") == []

    assert ws.logs.stored("bad").version == ws.logs.stored("good").version, "content is equal"
    assert [v["quarantined"] for v in logs.versions(ws, "bad")] == [2, 1, 0]
    assert all(line["reconciles"] for line in quarantine.list_(ws))


def test_an_interrupted_release_does_not_double_events(
    ws: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is written, then the machine stops before the batch is marked: the next release only marks."""
    from hoshin.store.quarantine import Quarantine

    logs.import_(ws, folder / "bad.csv", name="bad")
    quarantine.repair(ws, "bad", set_=["case_id = '1'", "timestamp = replace(timestamp, '29:', '09:')"])
    with monkeypatch.context() as patched:
        patched.setattr(Quarantine, "write", lambda *_: (_ for _ in ()).throw(OSError("power")))
        with pytest.raises(OSError, match="power"):
            quarantine.release(ws, "bad")
    assert ws.log("bad").n_events == 5

    quarantine.release(ws, "bad")

    assert ws.log("bad").n_events == 5
    assert quarantine.reconciles(ws, "bad")


def test_importing_again_starts_a_new_account(ws: Workspace, folder: Path) -> None:
    logs.import_(ws, folder / "bad.csv", name="bad")
    quarantine.repair(ws, "bad", set_=["case_id = '1'"])
    quarantine.release(ws, "bad")
    logs.import_(ws, folder / "bad.csv", name="bad")

    lines = quarantine.list_(ws)
    assert [(line["batch"], line["in_use"], line["held"]) for line in lines] == [(1, False, 1), (2, True, 2)]
    assert lines[1]["reconciles"]


def test_append_keeps_lineage_over_files(ws: Workspace, folder: Path) -> None:
    lines = GOOD.splitlines(keepends=True)
    (folder / "one.csv").write_text("".join(lines[:4]))
    (folder / "two.csv").write_text("".join([lines[0], *lines[4:], "2,,2024-01-06 09:00,US,1\n"]))
    logs.import_(ws, folder / "one.csv", name="orders", time_zone="Europe/Rome")
    done = logs.append(ws, "orders", folder / "two.csv")
    (folder / "all.csv").write_text("".join([*lines, "2,,2024-01-06 09:00,US,1\n"]))
    logs.import_(ws, folder / "all.csv", name="once", time_zone="Europe/Rome")

    assert ws.logs.stored("orders").version == ws.logs.stored("once").version
    assert {k: done[k] for k in ("added_events", "new_cases", "extended_cases", "late_events")} == {
        "added_events": 2, "new_cases": 0, "extended_cases": 2, "late_events": 0,
    }  # fmt: skip
    assert totals(ws, "orders") == {"rows": 6, "accepted": 5, "quarantined": 1}

    traced = logs.lineage(ws, "orders", "1")
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("*.csv")}
    assert [(t["activity"], Path(t["file"]).name, t["row"]) for t in traced] == [
        ("Submit", "one.csv", 0), ("Check", "one.csv", 1), ("Approve", "two.csv", 0),
    ]  # fmt: skip
    assert all(t["sha256"] == files[Path(t["file"]).name] for t in traced)
    assert [len(v["sources"]) for v in logs.versions(ws, "orders")] == [1, 2]


def test_the_same_file_twice_is_refused(ws: Workspace, folder: Path) -> None:
    logs.import_(ws, folder / "good.csv", name="orders")
    with pytest.raises(Conflict, match="source of orders already"):
        logs.append(ws, "orders", folder / "good.csv")
    assert logs.append(ws, "orders", folder / "good.csv", again=True)["events"] == 10
    judged = logs.check(ws, "orders")
    assert isinstance(judged, dict)
    assert next(c for c in judged["check"] if c["check"] == "duplicate")["found"] == 5


def test_appending_uses_the_options_of_the_import(ws: Workspace, folder: Path) -> None:
    (folder / "a.csv").write_text("nr;was;wann\n1;A;03/04/2024 10:00\n1;B;05/04/2024 10:00\n")
    (folder / "b.csv").write_text("nr;was;wann\n1;C;06/04/2024 10:00\n")
    columns = {"case_id": "nr", "activity": "was", "timestamp": "wann", "delimiter": ";", "day_first": False}
    logs.import_(ws, folder / "a.csv", name="l", **columns)  # type: ignore[arg-type]
    logs.append(ws, "l", folder / "b.csv")

    assert [str(t)[:10] for t in ws.log("l").to_frame()["timestamp"]] == ["2024-03-04", "2024-05-04", "2024-06-04"]


def test_verify_sees_a_changed_byte(ws: Workspace, folder: Path) -> None:
    logs.import_(ws, folder / "good.csv", name="good")
    assert logs.verify(ws, "good")["unchanged"]

    path = next((folder / "logs" / "good").glob("*/events.arrow"))
    data = bytearray(path.read_bytes())
    at = data.index((1_704_099_600 * 10**9).to_bytes(8, "little"))
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(Corrupt, match="changed after it was stored"):
        logs.verify(ws, "good")


def test_check_knows_the_held_rows(ws: Workspace, folder: Path) -> None:
    (folder / "dst.csv").write_text(GOOD.replace("2024-01-02 09:00", "2024-03-31 02:30"))
    logs.import_(ws, folder / "dst.csv", name="dst", time_zone="Europe/Rome")

    judged = logs.check(ws, "dst")
    assert isinstance(judged, dict)
    assert next(c for c in judged["check"] if c["check"] == "dst")["found"] == 1


def test_repair_says_what_it_needs(ws: Workspace, folder: Path) -> None:
    logs.import_(ws, folder / "bad.csv", name="bad")
    with pytest.raises(InvalidInput, match="how to repair"):
        quarantine.repair(ws, "bad")
    with pytest.raises(NotFound, match="Unknown batch"):
        quarantine.repair(ws, "bad", batch=7, set_=["case_id = '1'"])
    with pytest.raises(InvalidInput, match="not a patch"):
        quarantine.repair(ws, "bad", patch=folder / "none.csv")


def test_a_bulk_import_keeps_the_same_accounts(ws: Workspace, folder: Path) -> None:
    frame = pl.read_csv(BAD.encode(), schema_overrides={"case_id": pl.String}).with_columns(
        pl.col("timestamp").str.to_datetime("%Y-%m-%d %H:%M", strict=False)
    )
    frame.write_parquet(folder / "bad.parquet")
    done = logs.import_(ws, folder / "bad.parquet", bulk=True)

    assert (done["accepted_rows"], done["rejected_rows"]) == (3, 2)
    assert quarantine.reconciles(ws, "bad")
    quarantine.repair(ws, "bad", set_=["case_id = '1'"], where="source_row = 1")
    quarantine.repair(ws, "bad", set_=["timestamp = '2024-01-04 09:00'"], where="source_row = 3")
    assert quarantine.release(ws, "bad")["reconciles"]
    assert ws.log("bad").n_events == 5
    with pytest.raises(InvalidInput, match="no --delimiter"):
        logs.import_(ws, folder / "bad.parquet", bulk=True, delimiter=";")
