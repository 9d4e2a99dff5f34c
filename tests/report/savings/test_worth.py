"""The money of a claim reads the same on the page and on paper."""

from __future__ import annotations

from html import escape

from hoshin.report.savings.page import html
from hoshin.report.savings.paper import quoted, source
from hoshin.report.savings.worth import money_rows, price_note
from tests.value.test_pack import judged


def test_page_and_paper_show_the_same_money() -> None:
    _, found = judged()
    page, paper = html(found, {}), source(found, {}, [])

    assert len(money_rows(found)) == 8
    for row in money_rows(found):
        assert all(escape(cell) in page for cell in row)
        assert "".join(f"[{quoted(cell)}], " for cell in row).rstrip(", ") in paper
    assert escape(price_note(found)) in page
    assert price_note(found) in paper
