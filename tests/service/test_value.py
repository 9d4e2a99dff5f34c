"""The savings use cases, as the command line and HTTP call them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hoshin.errors import Conflict, Corrupt, InvalidInput, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.service import value
from hoshin.service._workspace import Workspace
from tests.value.made import rollout
from tests.value.test_pack import CLAIM


def toml(data: dict[str, object], prefix: str = "") -> str:
    """Plain data as TOML: enough for these tests."""
    plain = [(k, v) for k, v in data.items() if not isinstance(v, dict) and not _tables(v)]
    text = "".join(f"{k} = {json.dumps(v)}\n" for k, v in plain)
    for k, v in data.items():
        if isinstance(v, dict):
            text += f"\n[{prefix}{k}]\n" + toml(v, f"{prefix}{k}.")
        elif _tables(v):
            text += "".join(f"\n[[{prefix}{k}]]\n" + toml(row, "") for row in v)  # type: ignore[attr-defined]
    return text


def _tables(v: object) -> bool:
    return isinstance(v, list) and bool(v) and isinstance(v[0], dict)


def kpi_csv(folder: Path, effect: float = -3.0) -> Path:
    panel = rollout(1, n=12, t=24, effect=effect, hold_out=3)
    file = folder / "kpi.csv"
    starts = [panel.periods[f] if f < panel.n_periods else "" for f in panel.first()]
    rows = ["unit,period,outcome,treated_from"]
    for i, unit in enumerate(panel.units):
        rows += [f"{unit},{p},{panel.outcome[i, j]!r},{starts[i]}" for j, p in enumerate(panel.periods)]
    file.write_text("\n".join(rows).replace("np.float64(", "").replace(")", "") + "\n")
    return file


def claim_file(folder: Path, **changes: object) -> Path:
    kpi_csv(folder)
    file = folder / "claim.toml"
    file.write_text(toml({**CLAIM, "data": {"file": "kpi.csv"}, **changes}))
    return file


def test_estimate_from_a_file(ws: Workspace, tmp_path: Path) -> None:
    result = value.estimate(ws, kpi_csv(tmp_path), option=["randomised=true", "draws=199"])

    assert result["verdict"] == "shown"
    assert result["low"] <= -3 <= result["high"]
    assert "chosen" in [f["code"] for f in result["findings"]]


def test_register_pack_verify(ws: Workspace, tmp_path: Path) -> None:
    made = value.register(ws, claim_file(tmp_path), pdf=True)
    packed = value.pack(ws, "matching", tmp_path / "audit", pdf=True)

    assert made["verdict"] == "shown"
    assert made["bankable_per_year"] > 0
    assert ws.book.ledger is not None
    assert {"report.html", "report.pdf", "manifest.json"} <= set(packed["files"])
    assert (tmp_path / "audit" / "report.pdf").read_bytes()[:5] == b"%PDF-"
    page = (tmp_path / "audit" / "report.html").read_text()
    assert "Shown: -3" in page or "Shown: -2" in page
    assert "<svg" in page
    assert value.verify(tmp_path, Path("audit"))["holds"]
    with pytest.raises(Conflict, match="is registered"):
        value.register(ws, tmp_path / "claim.toml")
    assert value.claims(ws)[0]["id"] == "matching"
    assert value.net(ws)["bankable_per_year"] == pytest.approx(made["bankable_per_year"])
    assert value.due(ws, on="2027-02-01")[0]["id"] == "matching"


def test_verify_names_the_figure_that_differs(ws: Workspace, tmp_path: Path) -> None:
    value.register(ws, claim_file(tmp_path))
    folder = Path(value.pack(ws, "matching", tmp_path / "audit")["folder"])
    text = (folder / "panel.csv").read_text().split("\n")
    unit, period, outcome, treated = text[1].split(",")
    text[1] = f"{unit},{period},{float(outcome) * 1.01},{treated}"
    (folder / "panel.csv").write_text("\n".join(text))

    with pytest.raises(Corrupt, match=r"first panel\.csv") as error:
        value.verify(tmp_path, folder)
    assert "result.estimate.effect" in str(error.value.context["differences"])
    with pytest.raises(NotFound, match="no savings pack"):
        value.verify(tmp_path, tmp_path)


def test_a_plan_from_draw_to_verdict(ws: Workspace, tmp_path: Path) -> None:
    units = tmp_path / "teams.csv"
    units.write_text("unit\n" + "\n".join(f"u{i}" for i in range(12)) + "\n")
    drawn = value.design(ws, "robots", units=units, wave=["12", "15"], hold_out=4, seed=3, baseline_from="0")
    assert drawn["assignments"] == 34650
    small = value.mde(ws, "robots", noise=1.0, rho=0.0, periods=12, after=12, effect=[-3.0])
    assert small["chances"][0]["chance_share"] > 0.95
    with pytest.raises(Corrupt, match="not a sealed document"):
        value.estimate(ws, kpi_csv(tmp_path), plan="robots")
    value.lock(ws, "robots", by="Ines")
    with pytest.raises(Conflict, match="is locked"):
        value.design(ws, "robots", units=units, wave=["12", "15"], hold_out=4, seed=4)

    start = {r["unit"]: r["start"] for r in drawn["starts"]}
    rng = np.random.default_rng(5)
    rows = ["unit,period,outcome,treated_from"]
    for unit, s in start.items():
        go = int(s) if s.isdigit() else 24
        rows += [f"{unit},{t},{10 + rng.normal() - 2 * (t >= go)},{s if go < 24 else ''}" for t in range(24)]
    (tmp_path / "kpi.csv").write_text("\n".join(rows))
    result = value.estimate(ws, tmp_path / "kpi.csv", plan="robots")

    assert result["grade"].startswith("A")
    assert result["verdict"] == "shown"
    assert "plan_locked" in [f["code"] for f in result["findings"]]


def test_panel_from_a_log(ws: Workspace, tmp_path: Path) -> None:
    from dataclasses import replace

    import polars as pl

    traces = ["ab"] * 300
    log = EventLog.from_traces(traces, name="x")
    rng = np.random.default_rng(1)
    week = np.repeat(np.arange(30), 10) * 7 * 86_400 * 10**9
    t_ns = np.repeat(week, 2) + np.tile([0, 3_600_000_000_000], 300) + np.repeat(rng.integers(0, 10**9, 300), 2)
    team = np.array(["north", "south"])[np.tile([0, 1], 150)]
    ws.logs.write(replace(log, t_ns=t_ns, cases=pl.DataFrame({"team": team})), "x")
    made = value.panel(ws, "x", by="team", to=tmp_path / "p.csv", start=["north=1970-W20"], kpi="cases")
    lines = (tmp_path / "p.csv").read_text().splitlines()

    assert made["units"] == 2
    assert made["periods"] == 28, "the first and last week may be partial"
    assert lines[0] == "unit,period,outcome,treated,weight"
    assert lines[1] == "north,1970-W02,5.0,0,5.0"
    with pytest.raises(InvalidInput, match="does not have"):
        value.panel(ws, "x", by="team", to=tmp_path / "p.csv", start=["west=1970-W20"])
