"""The BPMN that is written opens in bpmn-js, in a real browser: nothing is lost or misplaced.

Needs Chromium and `npm install --prefix tests/connect/model/bpmnjs`; skipped with the reason where one is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from hoshin.connect.files import read_file
from hoshin.connect.model import bpmn
from hoshin.log.eventlog import EventLog
from hoshin.mine.choose import make
from hoshin.mine.model.bpmn import Bpmn
from hoshin.mine.model.family import as_bpmn
from hoshin.mine.model.tree import leaf, parse_tree, seq, xor
from tests.conftest import shared

EDITOR = Path(__file__).parent / "bpmnjs" / "node_modules" / "bpmn-js" / "dist" / "bpmn-modeler.production.min.js"
OPEN = """async xml => {
  const editor = new BpmnJS({container: '#canvas'});
  const {warnings} = await editor.importXML(xml);
  const all = editor.get('elementRegistry').filter(e => e.parent && e.type !== 'label');
  const result = {
    warnings: warnings.map(w => w.message),
    boxes: Object.fromEntries(all.filter(e => !e.waypoints).map(e => [e.id, [e.x, e.y, e.width, e.height]])),
    names: Object.fromEntries(all.filter(e => !e.waypoints).map(e => [e.id, e.businessObject.name || ''])),
    ways: Object.fromEntries(all.filter(e => e.waypoints).map(e =>
      [e.id, {from: e.source.id, to: e.target.id, points: e.waypoints.map(p => [p.x, p.y])}])),
    drawn: document.querySelectorAll('.djs-shape, .djs-connection').length,
    xml: (await editor.saveXML({format: true})).xml,
  };
  editor.destroy();
  return result;
}"""
MINERS = [("inductive", 0.0), ("inductive", 0.2), ("follows", 0.2), ("split", 0.4), ("heuristics", 0.1)]
LOGS = {
    "concurrent": ["abcde", "acbde", "abdce"],
    "loops and skips": ["abcbcd", "abd", "acd", "aabd"],
    "tangled": ["abcde", "acebd", "aedcb", "adbce", "abbcca"],
    "one": ["a"],
}


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    if not EDITOR.exists():
        pytest.skip("bpmn-js is not installed: npm install --prefix tests/connect/model/bpmnjs")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=flags)
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_content("<div id='canvas' style='width: 100%; height: 800px'></div>")
        page.add_script_tag(path=str(EDITOR))
        yield page
        browser.close()


def opens(tab: Any, model: Bpmn, tmp_path: Path) -> None:
    """Write, open, look at and save `model`."""
    file = tmp_path / "model.bpmn"
    bpmn.write(model, file)
    found = tab.evaluate(OPEN, file.read_text())
    boxes, ways = found["boxes"], found["ways"]

    assert found["warnings"] == []
    assert found["names"] == {n.id: n.name for n in model.nodes}
    assert {(f.id, f.source, f.target) for f in model.flows} == {(i, w["from"], w["to"]) for i, w in ways.items()}
    assert found["drawn"] >= len(model.nodes) + len(model.flows)
    for one, other in combinations(boxes, 2):
        assert not overlap(boxes[one], boxes[other]), f"{one} and {other} overlap"
    for way in ways.values():
        assert touches(boxes[way["from"]], way["points"][0]), "a flow starts at its source"
        assert touches(boxes[way["to"]], way["points"][-1]), "and ends at its target"
    (tmp_path / "again.bpmn").write_text(found["xml"])
    assert bpmn.read(tmp_path / "again.bpmn") == model


def overlap(a: list[float], b: list[float]) -> bool:
    return all(a[i] < b[i] + b[i + 2] and b[i] < a[i] + a[i + 2] for i in (0, 1))


def touches(box: list[float], point: list[float]) -> bool:
    """Whether `point` lies in `box` or within two pixels of it."""
    return all(box[i] - 2 <= point[i] <= box[i] + box[i + 2] + 2 for i in (0, 1))


@pytest.mark.browser
@pytest.mark.parametrize("log", LOGS)
def test_models_of_every_miner_open(tab: Any, tmp_path: Path, log: str) -> None:
    events = EventLog.from_traces(LOGS[log])
    for miner, noise in MINERS:
        opens(tab, as_bpmn(make(events, miner, noise).model, f"{miner} {log}"), tmp_path)


@pytest.mark.browser
def test_nested_blocks_and_names_that_need_care_open(tab: Any, tmp_path: Path) -> None:
    opens(tab, as_bpmn(parse_tree("*( +( 'd', *( 'a', tau ), X( tau, *( 'b', 'c' ) ) ), tau )")), tmp_path)
    awkward = ["Prüfung & Freigabe", '<b>"bold"</b>', "it's", "check-list ✓ 検査", "a very long name " * 6 + "ends"]
    opens(tab, as_bpmn(seq(leaf("start"), xor(*(leaf(a) for a in awkward)), leaf("end")), "A & B"), tmp_path)


@pytest.mark.browser
@pytest.mark.parametrize(
    "file", ["Receipt_WABO_CoSeLoG", "Sepsis_4tu", "BPI2020_PrepaidTravelCost", "BPI2013_closed_problems"]
)
def test_models_of_public_logs_open(tab: Any, tmp_path: Path, file: str) -> None:
    events = read_file(shared(f"logs/{file}.xes.gz")).log
    for miner, noise in (("inductive", 0.2), ("split", 0.4)):
        opens(tab, as_bpmn(make(events, miner, noise).model, file), tmp_path)
