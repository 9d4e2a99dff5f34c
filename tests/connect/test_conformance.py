"""What every connector must do: order, UTC, resume after kill -9, no duplicates, a missing column named,
secrets never shown. A connector takes part by a system of its own in tests/connect/sources.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hoshin.connect._connector import connector_names, make, settings_of
from hoshin.connect._pull import pull
from hoshin.errors import HoshinError
from hoshin.service import connect as service
from hoshin.service._arrivals import quarantine
from hoshin.service._workspace import Workspace
from tests.connect.sources import SYSTEMS, System

UTC = pl.Datetime("us", "UTC")


@pytest.fixture(params=sorted(SYSTEMS))
def system(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("HOSHIN_TEST_SECRET", "hunter2-hunter2")
    with SYSTEMS[request.param](tmp_path) as made:
        yield made


def run(system: System, ws: Workspace, **options: Any) -> Any:
    source = make(system.kind, system.settings)
    return pull(
        source, "log", store=ws.logs, quarantine=quarantine(ws), folder=ws.root / "pulls", kind=system.kind, **options
    )


def events(ws: Workspace) -> Counter[tuple[Any, ...]]:
    frame = ws.log("log").to_frame()
    times = frame["timestamp"].dt.convert_time_zone("UTC").cast(UTC)
    return Counter(zip(frame["case_id"], frame["activity"], times.to_list()))


def test_every_connector_takes_part() -> None:
    assert {name.partition("-")[0] for name in SYSTEMS} == set(connector_names())


def test_all_events_come_in_order_and_in_utc(system: System, ws: Workspace) -> None:
    done = run(system, ws)

    assert events(ws) == Counter(system.events)
    assert done.staged == done.events + done.repeated + done.held
    log = ws.log("log")
    for a, b in zip(log.case_start[:-1], log.case_start[1:]):
        assert (log.t_ns[a:b][1:] >= log.t_ns[a : b - 1]).all()


def test_batches_are_canonical(system: System) -> None:
    got = list(make(system.kind, system.settings).batches())

    assert len(got) >= system.batches
    for batch in got:
        assert {"case_id", "activity", "timestamp"} <= set(batch.frame.columns)
        assert batch.frame["timestamp"].dtype == UTC
        json.dumps(batch.state)


def test_a_second_pull_brings_only_what_is_new(system: System, ws: Workspace) -> None:
    run(system, ws)
    before = events(ws)
    again = run(system, ws)

    assert events(ws) == before
    if make(system.kind, system.settings).mode == "append":
        assert again.rows == again.repeated == 0 or again.rows == again.repeated
    if system.later is not None:
        more = system.later()
        run(system, ws)
        assert events(ws) == before + Counter(more)


KILLER = """
import json, os, pathlib, signal, sys
from hoshin.connect import _stage
from hoshin.connect._connector import make
from hoshin.connect._pull import pull
from hoshin.service._arrivals import quarantine
from hoshin.service._workspace import open_workspace

kind, settings, root, when, batch = sys.argv[1:]
source, ws = make(kind, json.loads(settings)), open_workspace(pathlib.Path(root))
add, count = _stage.Stage.add, 0

def counted(self, frame, **more):
    global count
    count += 1
    if count == int(batch) and when == "during":
        # Half of the file is on the disk, not yet in its place.
        pathlib.Path.replace = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
    path = add(self, frame, **more)
    if count == int(batch):
        os.kill(os.getpid(), signal.SIGKILL)
    return path

_stage.Stage.add = counted
pull(source, "log", store=ws.logs, quarantine=quarantine(ws), folder=ws.root / "pulls", kind=kind)
"""


@pytest.mark.parametrize("when", ["after", "during"])
def test_resume_after_kill_loses_nothing_and_brings_nothing_twice(system: System, ws: Workspace, when: str) -> None:
    """The process is killed with SIGKILL at its second batch: after writing it, or half-way through."""
    command = [sys.executable, "-c", KILLER, system.kind, json.dumps(system.settings), str(ws.root), when, "2"]
    dead = subprocess.run(command, capture_output=True, text=True, env={**os.environ}, timeout=120)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    assert ws.logs.names() == [], "a log appears only when it is whole"

    done = run(system, ws)

    assert events(ws) == Counter(system.events)
    assert done.repeated == 0
    if make(system.kind, system.settings).mode == "append" or done.resumed:
        assert done.resumed > 0, "it went on, it did not begin anew"
        assert done.rows < len(system.events) + done.held


def test_what_is_missing_is_named_with_the_nearest(system: System, ws: Workspace) -> None:
    assert system.spoil is not None
    missing, nearest = system.spoil()

    with pytest.raises(HoshinError) as caught:
        run(system, ws)

    assert caught.value.code == "connect.column"
    assert missing in caught.value.message
    assert nearest in caught.value.hint
    assert ws.logs.names() == []


def test_secrets_are_never_shown(system: System, ws: Workspace) -> None:
    if not system.secret:
        return
    source = make(system.kind, system.settings)
    run(system, ws)
    shown = [repr(source), str(source), repr(source.about()), json.dumps(settings_of(source))]
    shown += [p.read_bytes().decode("latin-1") for p in ws.root.rglob("*") if p.is_file()]

    assert not any(system.secret in text for text in shown)


def test_a_secret_given_as_it_is_is_refused_and_not_repeated(system: System) -> None:
    if not system.secret:
        return
    setting = next(k for k, v in system.settings.items() if v == "env:HOSHIN_TEST_SECRET")

    with pytest.raises(HoshinError) as caught:
        make(system.kind, {**system.settings, setting: system.secret})

    assert system.secret not in str(caught.value) + repr(caught.value) + str(caught.value.problem())


def test_an_unknown_setting_is_named_with_the_nearest(system: System) -> None:
    name = next(iter(system.settings))
    with pytest.raises(HoshinError) as caught:
        make(system.kind, {name + "x": "1"})

    assert name in caught.value.hint


def test_preview_shows_events_and_stores_nothing(system: System, ws: Workspace) -> None:
    given = [f"{k}={v}" for k, v in system.settings.items()]
    shown = service.preview(ws, system.kind, set_=given)
    dry = service.pull(ws, system.kind, "log", set_=given, dry_run=True)

    assert shown == dry
    assert {"case_id", "activity", "timestamp"} <= set(shown["first_rows"][0])
    assert ws.logs.names() == []
    assert not (ws.root / "pulls").exists()


def test_the_use_case_pulls_and_remembers_its_settings(system: System, ws: Workspace) -> None:
    done = service.pull(ws, system.kind, "log", set_=[f"{k}={v}" for k, v in system.settings.items()])
    again = service.pull(ws, system.kind, "log")

    assert done["events"] == again["events"] == len(system.events)
    assert ws.logs.stored("log").meta["source"]["connector"] == system.kind
