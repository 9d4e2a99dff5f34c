"""Model cards: a twin of the very process is calibrated, wrong ones are refused with the aspects that fail; what the
log cannot tell is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.records.ledger import Ledger
from hoshin.service import twin as use
from hoshin.service._workspace import Workspace, create
from hoshin.twin.card import card, unknown, verdict
from hoshin.twin.distance import trail_of
from hoshin.twin.fit import fit_twin
from hoshin.twin.holdout import ASPECTS, _waits, score
from hoshin.twin.model import Duration, Twin
from hoshin.twin.network import Station, network
from hoshin.twin.simulate import Settings, simulate_log
from tests.twin.planted import planted

replace = msgspec.structs.replace


def system(check_s: float = 900.0, back: float = 0.2) -> Twin:
    return network(
        {"check": Station(Duration("exponential", check_s), 3, {"decide": 1.0}),
         "decide": Station(Duration("lognormal", 6.0, 0.5), 2, {"check": back})},
        mean_gap_s=450.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def log() -> EventLog:
    return simulate_log(system(), Settings(4000, since_s=0.0, seed=2))


def test_the_true_process_is_calibrated(log: EventLog) -> None:
    """Not the fit but the scoring is judged: the very system that wrote the log must pass in every aspect."""
    found = score(log, fit=lambda past: system())

    assert found["calibrated"], found
    assert [a["aspect"] for a in found["aspects"]] == list(ASPECTS)
    assert found["past_cases"] + found["future_cases"] <= log.n_cases


@pytest.mark.parametrize(
    ("wrong", "fails"),
    [(system(check_s=300.0), "processing"), (system(back=0.6), "control flow"),
     (replace(system(), arrival=replace(system().arrival, mean_gap_s=900.0)), "arrivals")],
)  # fmt: skip
def test_wrong_twins_are_refused_with_what_fails_in_words(log: EventLog, wrong: Twin, fails: str) -> None:
    found = score(log, fit=lambda past: wrong)

    assert not found["calibrated"]
    assert fails in found["fails"]
    assert any(w.startswith(f"{fails}: ") for w in found["misfits"])
    assert fails in verdict(replace(wrong, scores=found))


def test_too_few_cases_are_not_judged(log: EventLog) -> None:
    found = score(log.select_cases(np.arange(log.n_cases) < 40))

    assert not found["calibrated"]
    assert "not judged: Only" in verdict(replace(system(), scores=found))


def test_waits_are_from_the_latest_end_so_far() -> None:
    """b runs within a, so c waits from the end of a; another case begins anew."""
    log = EventLog.from_traces(["abc", "ab"])
    start = np.array([0, 1, 5, 100, 107]) * 3_600_000_000_000
    end = np.array([4, 2, 6, 105, 108]) * 3_600_000_000_000
    order = np.array([1, 0, 2, 3, 4])
    timed = timed_as(log, start[order], end[order])

    assert _waits(trail_of(timed, "abc")).tolist() == [0.0, 1.0, 2.0]


def timed_as(log: EventLog, start: np.ndarray, end: np.ndarray) -> EventLog:
    from dataclasses import replace as copy

    return copy(log, start_ns=start, t_ns=end)


def test_what_a_log_cannot_tell() -> None:
    bare = EventLog.from_traces(["abc", "abd"] * 40)
    rows = {r["parameter"]: r["known"] for r in unknown(bare, fit_twin(bare))}
    full = planted("none", 0, days=40)

    assert rows == {"work and delay": "no", "queues and delay": "no"}
    assert unknown(full, fit_twin(full)) == []


def test_the_card_goes_stale(log: EventLog) -> None:
    twin = fit_twin(log)
    end = twin.window_s[1]

    assert card(twin, now_s=end + 86_400, fresh_s=2 * 86_400)["warnings"] == []
    assert len(card(twin, now_s=end + 3 * 86_400, fresh_s=2 * 86_400, newer_log="desk@2")["warnings"]) == 2
    assert card(twin, now_s=end, fresh_s=1.0)["verdict"].startswith("not judged")


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    made = create(tmp_path / "ws")
    fixed = datetime(1970, 3, 20, tzinfo=UTC) + timedelta(hours=1)
    ledger = property(lambda self: Ledger(self.database, self.root, clock=lambda: fixed))
    monkeypatch.setattr(Workspace, "ledger", ledger)
    return made


def test_follow_keeps_a_version_per_recalibration_with_its_reason(ws: Workspace) -> None:
    """Learned and followed in one go; a rehearsal says the same and keeps nothing; the stored twin can go on."""
    ws.logs.write(planted("capacity", 1, days=70, at=45), "desk")
    rehearsal = use.follow(ws, "desk", dry_run=True)
    assert not (ws.root / "twins").exists()
    done = use.follow(ws, "desk")
    versions = use.versions(ws, "desk")

    assert [{**r, "version": ""} for r in done["steps"]] == rehearsal["steps"]
    assert [v["what"] for v in versions] == ["fitted", "recalibrated"]
    assert (versions[1]["component"], versions[1]["current"]) == ("capacity", True)
    assert done["steps"][-1]["version"] == versions[1]["version"]
    rows = use.diff(ws, f"desk@{versions[0]['version']}", "desk")
    assert {r["component"] for r in rows} == {"capacity"}
    again = use.card(ws, "desk")
    assert versions[0]["version"] in again["reason"]
    use.revert(ws, "desk", versions[0]["version"])
    assert use.follow(ws, "desk", dry_run=True)["recalibrations"] == 1
    with pytest.raises(InvalidInput, match="whole days"):
        use.follow(ws, "desk", every="90min")


def test_card_and_page(ws: Workspace, log: EventLog, tmp_path: Path) -> None:
    ws.logs.write(log, "desk")
    fitted = use.fit(ws, "desk")
    found = use.card(ws, "desk", fresh_days=1.0)
    page = Path(use.page(ws, "desk")["page"]).read_text(encoding="utf-8")
    unscored = use.fit(ws, "desk", name="quick", score=False)

    assert fitted["verdict"] == found["verdict"]
    assert found["data"]["cases"] == log.n_cases
    assert ["days ago" in w for w in found["warnings"]] == [True]
    for words in (found["verdict"], "work in progress", *found["assumptions"]):
        assert words.replace("'", "&#x27;") in page
    assert unscored["verdict"].startswith("not judged")
