"""Draw the process map as SVG: boxes shaded by frequency, arrows as thick as they are common."""

from __future__ import annotations

from html import escape

from hoshin.mine.map import END, START, MapPath, ProcessMap
from hoshin.report.layout import Box, Laid, Point, Route, label_width, lay_out
from hoshin.units import duration

# One hue, light to dark: more is darker. Edges start mid tone so that thin ones stay visible.
SHADES = ("#e3eef9", "#c3dbef", "#94c2e2", "#5ba0d0", "#2f7ab9", "#11559a")
SLOW, LINE, INK, QUIET = "#b85712", "#8aa4bf", "#1b2733", "#5a6b7b"
RADIUS = 8.0


def svg_map(drawn: ProcessMap) -> str:
    """A standalone SVG of `drawn`: counts on the boxes, count and median time on the arrows.

    The five paths with the most time in all are drawn in the colour of time. Each shape has a title that
    a pointer or a screen reader finds.
    """
    labels = [path_label(p) for p in drawn.paths]
    laid = lay_out(drawn, labels)
    top = max((p.times for p in drawn.paths), default=1)
    by_time = sorted((p for p in drawn.paths if p.mean_s), key=lambda p: -(p.mean_s or 0) * p.times)[:5]
    arrows = [_arrow(r, drawn.paths[r.path], labels[r.path], top, drawn.paths[r.path] in by_time) for r in laid.routes]
    events = {n.activity: n.events for n in drawn.nodes}
    work = {n.activity: n.mean_work_s for n in drawn.nodes}
    most = max(events.values(), default=1)
    boxes = [
        _end(b) if b.name in (START, END) else _box(b, events[b.name], work[b.name], most) for b in laid.boxes
    ]  # fmt: skip
    return _frame(laid, len(drawn.nodes), len(drawn.paths), arrows + boxes)


def path_label(path: MapPath) -> str:
    return f"{path.times:,}" if path.median_s is None else f"{path.times:,} · {duration(path.median_s)}"


def _frame(laid: Laid, nodes: int, paths: int, shapes: list[str]) -> str:
    w, h = round(laid.width), round(laid.height)
    markers = "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        for name, colour in (("tip", LINE), ("slow", SLOW))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
        f'aria-label="Process map: {nodes} activities, {paths} paths" '
        f'font-family="Inter,system-ui,Segoe UI,Helvetica,Arial,sans-serif">'
        f"<defs>{markers}</defs>{''.join(shapes)}</svg>"
    )


def _box(box: Box, events: int, work_s: float | None, most: int) -> str:
    shade = min(5, int(6 * events / (most + 1)))
    ink = "#ffffff" if shade >= 4 else INK
    second = f"{events:,}" + ("" if not work_s else f" · {duration(work_s)} work")
    x, y = box.x + box.width / 2, box.y
    return (
        f"<g><title>{escape(box.name)}: {events:,} events</title>"
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.0f}" height="{box.height:.0f}" rx="7" '
        f'fill="{SHADES[shade]}" stroke="{SHADES[min(5, shade + 1)]}"/>'
        f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle" font-size="13" font-weight="600" '
        f'fill="{ink}">{escape(short(box.name, 23))}</text>'
        f'<text x="{x:.1f}" y="{y + 36:.1f}" text-anchor="middle" font-size="11.5" fill="{ink}">{second}</text></g>'
    )


def _end(box: Box) -> str:
    r = box.width / 2
    x, y = box.x + r, box.y + r
    name = "Start of cases" if box.name == START else "End of cases"
    mark = (
        f'<path d="M{x - 4:.1f} {y - 6:.1f}L{x + 7:.1f} {y:.1f}L{x - 4:.1f} {y + 6:.1f}z" fill="{INK}"/>'
        if box.name == START
        else f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="{INK}"/>'
    )
    return (
        f'<g><title>{name}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.0f}" fill="#fff" stroke="{INK}"/>{mark}</g>'
    )


def _arrow(route: Route, path: MapPath, label: str, top: int, slow: bool) -> str:
    colour = SLOW if slow else LINE
    width = 1.2 + 4.8 * (path.times / top) ** 0.5
    dashed = ' stroke-dasharray="4 3"' if path.median_s is None else ""
    x, y = route.label
    wide = label_width(label)
    return (
        f"<g><title>{escape(path.source)} to {escape(path.target)}: {path.times:,} times</title>"
        f'<path d="{rounded(route.points)}" fill="none" stroke="{colour}" stroke-width="{width:.1f}" '
        f'stroke-linejoin="round" marker-end="url(#{"slow" if slow else "tip"})"{dashed}/>'
        f'<rect x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide:.0f}" height="15" rx="3" fill="#fff" opacity=".88"/>'
        f'<text x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle" font-size="11" '
        f'fill="{SLOW if slow else QUIET}">{label}</text></g>'
    )


def rounded(points: tuple[Point, ...]) -> str:
    """An SVG path along `points` with rounded corners."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, here, after in zip(points, points[1:], points[2:]):
        enter, leave = _towards(here, before), _towards(here, after)
        parts.append(f"L{enter[0]:.1f} {enter[1]:.1f}Q{here[0]:.1f} {here[1]:.1f} {leave[0]:.1f} {leave[1]:.1f}")
    parts.append(f"L{points[-1][0]:.1f} {points[-1][1]:.1f}")
    return "".join(parts)


def _towards(here: Point, there: Point) -> Point:
    """The point RADIUS away from `here` in the direction of `there`, at most half way."""
    dx, dy = there[0] - here[0], there[1] - here[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    step = min(RADIUS, length / 2) / length
    return here[0] + dx * step, here[1] + dy * step


def short(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1].rstrip() + "…"
