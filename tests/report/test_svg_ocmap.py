"""The picture of the object-centric map: well-formed, every path and activity in it, hostile names harmless."""

from __future__ import annotations

from hypothesis import given
from lxml import etree

from hoshin.log.ocel import Ocel
from hoshin.mine.ocdfg import discover_ocdfg
from hoshin.report.svg_ocmap import svg_ocmap
from tests.ocels import ocels


@given(ocels())
def test_everything_is_drawn_once(ocel: Ocel) -> None:
    graph = discover_ocdfg(ocel)
    root = etree.fromstring(svg_ocmap(graph).encode())
    titles = [t.text for t in root.iter("{*}title")]

    assert len(titles) == len(graph.nodes) + len(graph.paths)
    for node in graph.nodes:
        assert sum(t.startswith(f"{node.activity}: {node.events:,} events") for t in titles) == 1
    for path in graph.paths:
        assert any(t.startswith(f"{path.object_type}: {path.source} to {path.target}, {path.times:,}") for t in titles)
