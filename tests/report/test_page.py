"""The HTML report: complete, self-contained, and drawn as it should be in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given

from hoshin.log.eventlog import EventLog
from hoshin.mine.map import draw_map
from hoshin.report.layout import lay_out
from hoshin.report.svg_map import path_label, svg_map
from hoshin.service._workspace import Workspace
from hoshin.service.start import report
from tests.strategies import traces

NASTY = ['<script>alert("a")</script>', "Prüfung & Freigabe", "c"]


@pytest.fixture
def page(ws: Workspace) -> Path:
    ws.logs.write(EventLog.from_traces([NASTY, [*NASTY, NASTY[0]], NASTY] * 20), "l")
    return Path(str(report(ws, "l", price_per_hour=30)["report"]))


def test_the_page_loads_nothing_and_escapes_names(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert not re.findall(r"(?:src|href)=[\"']?(?!#)", text)
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in text
    assert "Prüfung &amp; Freigabe" in text


@given(traces)
def test_any_map_is_well_formed_and_inside_its_canvas(traces: list[str]) -> None:
    drawn = draw_map(EventLog.from_traces(traces))
    if not drawn.nodes:
        return
    laid = lay_out(drawn, [path_label(p) for p in drawn.paths])

    ElementTree.fromstring(svg_map(drawn))
    for box in laid.boxes:
        assert 0 <= box.x <= box.x + box.width <= laid.width
        assert 0 <= box.y <= box.y + box.height <= laid.height
    for route in laid.routes:
        assert all(0 <= x <= laid.width and 0 <= y <= laid.height for x, y in route.points)
    tops = [(b.x, b.y) for b in laid.boxes]
    assert len(set(tops)) == len(tops)


def test_the_same_log_is_drawn_the_same() -> None:
    log = EventLog.from_traces(["abc", "acb", "abbc"])

    assert svg_map(draw_map(log)) == svg_map(draw_map(log))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program, args=flags)
        yield opened
        opened.close()


@pytest.mark.browser
def test_a_browser_shows_it_without_errors_or_requests(browser: Any, page: Path) -> None:
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    asked: list[str] = []
    wrong: list[str] = []
    tab.on("request", lambda r: asked.append(r.url))
    tab.on("console", lambda m: wrong.append(m.text))
    tab.on("pageerror", lambda e: wrong.append(str(e)))
    tab.goto(page.as_uri())

    assert asked == [page.as_uri()]
    assert wrong == []
    assert tab.locator("h1").inner_text() == "How l really works"
    assert tab.locator(".map svg g").count() > 5
    assert tab.locator(".findings li").count() >= 4
    tab.locator("details summary").first.click()
    assert "Cycle time" in tab.locator("details").first.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"
    shown = tab.locator(".map svg text", has_text="Prüfung & Freigabe")
    assert shown.count() == 1
    tab.close()


@pytest.mark.browser
def test_a_phone_can_read_it(browser: Any, page: Path) -> None:
    tab = browser.new_page(viewport={"width": 380, "height": 800})
    tab.goto(page.as_uri())

    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "only the map and tables scroll"
    tab.close()
