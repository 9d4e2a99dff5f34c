"""Lay a process map out: positions for boxes and routes for arrows, in pixels. Behind it stands graphlay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import graphlay

from hoshin.mine.map import END, START, ProcessMap

Point = tuple[float, float]
NODE_WIDTH, NODE_HEIGHT, END_SIZE = 168.0, 46.0, 26.0


@dataclass(frozen=True, slots=True)
class Box:
    """A node: top left corner and size."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """The line of path number `path`; `label` is where its text is centred."""

    path: int
    points: tuple[Point, ...]
    label: Point


@dataclass(frozen=True, slots=True)
class Laid:
    """A map laid out in a canvas of `width` x `height` whose origin is top left."""

    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


def lay_out(drawn: ProcessMap, labels: list[str], *, margin: float = 16.0) -> Laid:
    """Place the nodes of `drawn` top to bottom; `labels` are the texts of its paths, for which room is kept."""
    graph = graphlay.Graph()
    ends = [e for e in (START, END) if any(e in (p.source, p.target) for p in drawn.paths)]
    for node in drawn.nodes:
        graph.node(node.activity, width=NODE_WIDTH, height=NODE_HEIGHT, label=node.activity)
    for end in ends:
        graph.node(end, width=END_SIZE, height=END_SIZE, label=end)
    for path, label in zip(drawn.paths, labels):
        graph.edge(path.source, path.target, weight=float(path.times), label_size=[label_width(label), 15.0])
    placed = graphlay.layout(graph, preset="process_map").to_dict()
    names = [*(n.activity for n in drawn.nodes), *ends]
    boxes = [_box(name, n) for name, n in zip(names, placed["nodes"])]
    routes = [
        Route(at, line, _label(line, edge["label_anchor"], path.source == path.target, label))
        for at, (edge, path, label) in enumerate(zip(placed["edges"], drawn.paths, labels))
        if (line := tuple((p["x"], p["y"]) for p in edge["points"]))
    ]
    xs = [x for r in routes for x, _ in r.points] + [b.x for b in boxes] + [b.x + b.width for b in boxes]
    ys = [y for r in routes for _, y in r.points] + [b.y for b in boxes] + [b.y + b.height for b in boxes]
    for r, label in zip(routes, labels):
        xs += [r.label[0] - label_width(label) / 2, r.label[0] + label_width(label) / 2]
    dx, dy = margin - min(xs), margin - min(ys)
    return Laid(
        tuple(Box(b.name, b.x + dx, b.y + dy, b.width, b.height) for b in boxes),
        tuple(
            Route(r.path, tuple((x + dx, y + dy) for x, y in r.points), (r.label[0] + dx, r.label[1] + dy))
            for r in routes
        ),
        max(xs) + dx + margin,
        max(ys) + dy + margin,
    )


def label_width(label: str) -> float:
    """Width of a path's text at 11 px, in px."""
    return 6.0 * len(label) + 6


def _box(name: str, node: dict[str, Any]) -> Box:
    size, center = node["size"], node["center"]
    return Box(
        name, center["x"] - size["width"] / 2, center["y"] - size["height"] / 2, size["width"], size["height"]
    )  # fmt: skip


def _label(line: tuple[Point, ...], anchor: dict[str, float] | None, loop: bool, label: str) -> Point:
    """Centre of a path's text: where the engine kept room; beside the loop of an activity on itself."""
    if loop:
        outer, inner = line[1][0], line[0][0]
        aside = label_width(label) / 2 + 3
        return (outer + aside if outer > inner else outer - aside, (line[0][1] + line[-1][1]) / 2)
    return line[len(line) // 2] if anchor is None else (anchor["x"], anchor["y"])
