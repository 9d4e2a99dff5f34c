"""Many writers at once, and writers killed at random moments: nothing acknowledged is lost, nothing is torn."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hoshin.records.ledger import Ledger
from hoshin.records.verify import verify
from hoshin.store.database import Database

WRITER = """
import sys
from pathlib import Path
from hoshin.records.ledger import Ledger
from hoshin.store.database import Database

url, folder, name, count = sys.argv[1:5]
ledger = Ledger(Database(url), Path(folder), every=16)
for n in range(int(count)):
    entry = ledger.append("test.write", by=name, id=f"{name}-{n}", body={"n": n})
    print(f"{name}-{n} {entry.seq}", flush=True)
"""


def start(database: Database, folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", WRITER, database.url, str(folder), name, str(count)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def acknowledged(out: str) -> dict[str, int]:
    lines = [line.split() for line in out.splitlines() if line.count(" ") == 1]
    return {name: int(seq) for name, seq in lines}


def test_fifty_writers_at_once(database: Database, tmp_path: Path) -> None:
    """Fifty processes write to one ledger; every acknowledged entry is there, at its number, in one chain."""
    ledger = Ledger(database, tmp_path / "records", every=16)
    ledger.append("test.start", by="local", body={})
    writers = [start(database, tmp_path / "records", f"w{i}", 4) for i in range(50)]
    answers = [w.communicate(timeout=300)[0] for w in writers]

    assert [w.returncode for w in writers] == [0] * 50
    told = {name: seq for out in answers for name, seq in acknowledged(out).items()}
    assert len(told) == 200
    assert {e.id: e.seq for e in ledger.entries(action="test.write", limit=1000)} == told
    assert ledger.head()[0] == 201
    assert verify(ledger) == []


def killed_at_random(database: Database, folder: Path, times: int, seed: int) -> tuple[Ledger, dict[str, int]]:
    """Kill -9 a writer `times` times at random moments, each time while it is writing."""
    draw = random.Random(seed)
    told: dict[str, int] = {}
    for n in range(times):
        writer = start(database, folder, f"k{n}", 100_000)
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(draw.uniform(0, 0.05))
        os.kill(writer.pid, signal.SIGKILL)
        told |= acknowledged(first + writer.stdout.read())
        writer.wait()
        writer.stdout.close()
    return Ledger(database, folder, every=16), told


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_acknowledged(database: Database, tmp_path: Path) -> None:
    """Sixteen kills here; bench/bench_records.py does a thousand."""
    ledger, told = killed_at_random(database, tmp_path / "records", 16, seed=5)

    kept = {e.id: e.seq for e in ledger.entries(action="test.write", limit=1_000_000)}
    assert len(told) >= 16
    assert told.items() <= kept.items()
    assert verify(ledger) == []
    ledger.append("test.after", by="local", body={})
    assert verify(ledger) == []
