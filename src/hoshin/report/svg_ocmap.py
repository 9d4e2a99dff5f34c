"""Draw the object-centric map as SVG: one colour per object type, arrows as thick as they are common."""

from __future__ import annotations

from html import escape

from hoshin.mine.map import MapNode, MapPath, ProcessMap
from hoshin.mine.ocdfg import Ocdfg, OcNode, OcPath
from hoshin.report.layout import Box, Route, label_width, lay_out
from hoshin.report.svg_map import INK, QUIET, rounded, short
from hoshin.units import duration

# Told apart by people who do not see red and green alike (Okabe and Ito), dark enough for text on white.
COLOURS = ("#0072b2", "#b3541e", "#00795c", "#8a4f7d", "#7a6a00", "#3b4cc0", "#a02c2c", "#4d4d4d")
LEGEND_ROW, MARGIN = 20, 16


def svg_ocmap(graph: Ocdfg) -> str:
    """A standalone SVG of `graph`: on the boxes the events and how many objects of each type, on the arrows how many
    steps objects take and after what median time; beside it what each colour stands for. Each shape has a title
    that a pointer or a screen reader finds."""
    colour = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(graph.object_types)}
    labels = [f"{p.times:,} · {duration(p.median_s)}" for p in graph.paths]
    plain = ProcessMap(
        tuple(MapNode(n.activity, n.events, None) for n in graph.nodes),
        tuple(MapPath(p.source, p.target, p.times, p.median_s, p.mean_s) for p in graph.paths),
        graph.flow_share,
    )
    top = max((p.times for p in graph.paths), default=1)
    shapes, width, height = [], 0.0, 0.0
    if graph.nodes:
        laid = lay_out(plain, labels)
        width, height = laid.width, laid.height
        nodes = {n.activity: n for n in graph.nodes}
        shapes = [_arrow(r, graph.paths[r.path], labels[r.path], top, colour) for r in laid.routes]
        shapes += [_box(b, nodes[b.name], colour) for b in laid.boxes]
    shown = [t for t in graph.object_types if any(t in n.objects for n in graph.nodes)]
    legend = _legend(graph, shown, colour)
    down = LEGEND_ROW * len(shown) + MARGIN
    wide = max(width, 2 * MARGIN + 7 * max((len(n) for n in shown), default=0) + 160)
    tips = "".join(
        f'<marker id="tip{k}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="{c}"/></marker>'
        for k, c in enumerate(COLOURS)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {height + down:.0f}" width="{wide:.0f}" '
        f'height="{height + down:.0f}" role="img" aria-label="Object-centric map: {len(graph.nodes)} activities, '
        f'{len(graph.object_types)} object types, {len(graph.paths)} paths" '
        f'font-family="Inter,system-ui,Segoe UI,Helvetica,Arial,sans-serif"><defs>{tips}</defs>'
        f'{legend}<g transform="translate(0 {down})">{"".join(shapes)}</g></svg>'
    )


def _legend(graph: Ocdfg, shown: list[str], colour: dict[str, str]) -> str:
    rows = []
    for k, name in enumerate(shown):
        y = MARGIN + k * LEGEND_ROW
        steps = sum(p.times for p in graph.paths if p.object_type == name)
        rows.append(
            f'<rect x="{MARGIN}" y="{y}" width="12" height="12" rx="3" fill="{colour[name]}"/>'
            f'<text x="{MARGIN + 20}" y="{y + 10}" font-size="12" fill="{INK}">{escape(name)}'
            f'<tspan fill="{QUIET}"> · {steps:,} steps shown</tspan></text>'
        )
    return "".join(rows)


def _box(box: Box, node: OcNode, colour: dict[str, str]) -> str:
    """The activity; under its name the events, and a dot per object type in it."""
    x, y = box.x + box.width / 2, box.y
    inside = ", ".join(f"{n:,} {t}" for t, n in node.objects.items())
    ends = "; ".join(
        f"{what} of {', '.join(f'{n:,} {t}' for t, n in found.items())}"
        for what, found in (("first event", node.starts), ("last event", node.ends))
        if found
    )
    dots = "".join(
        f'<circle cx="{box.x + 12 + 11 * k:.1f}" cy="{y + box.height - 8:.1f}" r="4" fill="{colour[t]}"/>'
        for k, t in enumerate(node.objects)
    )
    return (
        f"<g><title>{escape(node.activity)}: {node.events:,} events; {escape(inside)}"
        f"{escape('; ' + ends if ends else '')}</title>"
        f'<rect x="{box.x:.1f}" y="{y:.1f}" width="{box.width:.0f}" height="{box.height:.0f}" rx="7" fill="#f4f7fa" '
        f'stroke="#c3cfda"/>'
        f'<text x="{x:.1f}" y="{y + 17:.1f}" text-anchor="middle" font-size="13" font-weight="600" '
        f'fill="{INK}">{escape(short(node.activity, 23))}</text>'
        f'<text x="{x:.1f}" y="{y + 32:.1f}" text-anchor="middle" font-size="11.5" fill="{INK}">{node.events:,}</text>'
        f"{dots}</g>"
    )


def _arrow(route: Route, path: OcPath, label: str, top: int, colour: dict[str, str]) -> str:
    paint = colour[path.object_type]
    width = 1.2 + 4.8 * (path.times / top) ** 0.5
    x, y = route.label
    wide = label_width(label)
    return (
        f"<g><title>{escape(path.object_type)}: {escape(path.source)} to {escape(path.target)}, {path.times:,} times by "
        f"{path.objects:,} objects in {path.couples:,} pairs of events</title>"
        f'<path d="{rounded(route.points)}" fill="none" stroke="{paint}" stroke-width="{width:.1f}" '
        f'stroke-linejoin="round" marker-end="url(#tip{COLOURS.index(paint)})"/>'
        f'<rect x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide:.0f}" height="15" rx="3" fill="#fff" opacity=".88"/>'
        f'<text x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle" font-size="11" fill="{paint}">{label}</text></g>'
    )
