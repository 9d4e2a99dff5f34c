"""Charts of a saving as SVG: waterfall, before/after with counterfactual band, effects per unit and since go-live."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from hoshin.value.estimate import Effect, Estimate
from hoshin.value.panel import Panel
from hoshin.value.worth import Worth

WIDTH, HEIGHT = 720.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 74.0, 14.0, 14.0, 42.0
# Blue and orange, apart for colour-blind readers too; the sign stands in words on every bar.
INK, QUIET, LINE, ACCENT, GOOD, BAD = "#1b2733", "#5a6b7b", "#dde3ea", "#1c6fd1", "#0077bb", "#cc6600"


class Frame:
    """Data coordinates to pixels, and the axis drawn in them."""

    def __init__(self, low: float, high: float, height: float = HEIGHT) -> None:
        pad = 0.06 * (high - low) or max(1.0, abs(high)) * 0.1
        self.low, self.high, self.height = low - pad, high + pad, height

    def y(self, value: float) -> float:
        return TOP + (self.high - value) / (self.high - self.low) * (self.height - TOP - BOTTOM)

    def axis(self, write: object = None) -> list[str]:
        """Horizontal grid lines with their values."""
        parts = []
        for tick in ticks(self.low, self.high):
            y = self.y(tick)
            parts.append(line(LEFT, y, WIDTH - RIGHT, y, LINE))
            parts.append(text(LEFT - 6, y + 4, write(tick) if callable(write) else f"{tick:g}", "end", QUIET))
        return parts


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values between.

    >>> ticks(0.3, 9.8)
    [2.0, 4.0, 6.0, 8.0]
    """
    raw = (high - low) / about
    if not raw > 0 or not math.isfinite(raw):
        return [low]
    size = 10 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1, 2, 5, 10) if m * size >= raw)
    first = math.ceil(low / step)
    return [float(round(k * step, 12)) for k in range(first, math.floor(high / step) + 1)]


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dash: str = "") -> str:
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"{extra}/>'
    )


def text(x: float, y: float, words: str, anchor: str = "start", colour: str = INK, size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{escape(words)}</text>'


def svg(parts: Sequence[str], title: str, height: float = HEIGHT) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" '
        f'height="{height:g}" role="img" font-family="Inter,Helvetica,Arial,sans-serif"><title>{escape(title)}</title>'
        + "".join(parts)
        + "</svg>"
    )


def waterfall(worth: Worth) -> str:
    """Gross, minus what is lost, not realised and paid, to net, with the interval of the net. Likely values per year."""
    steps = [
        ("gross", worth.gross.likely, False),
        ("rework", -worth.lost_to_rework.likely, False),
        ("not realised", -worth.not_realised.likely, False),
        *[(name, -value, False) for name, value in worth.cost_by_category.items() if value],
    ]
    drift = worth.net.likely - sum(v for _, v, _ in steps)
    if abs(drift) > 0.005 * max(abs(worth.gross.likely), 1e-9):
        steps.append(("decay", drift, False))
    level, bars = 0.0, []
    for name, change, _ in steps:
        bars.append((name, level, level + change, GOOD if change > 0 else BAD))
        level += change
    bars.append(("net", 0.0, worth.net.likely, ACCENT))
    values = [v for _, a, b, _ in bars for v in (a, b)] + [worth.net.low, worth.net.high, 0.0]
    frame = Frame(min(values), max(values))
    wide = (WIDTH - LEFT - RIGHT) / len(bars)
    parts = frame.axis(lambda v: f"{v:,.0f}")
    for k, (name, a, b, colour) in enumerate(bars):
        x, y, tall = LEFT + k * wide + wide * 0.15, frame.y(max(a, b)), abs(frame.y(a) - frame.y(b))
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide * 0.7:.1f}" height="{max(tall, 1):.1f}" fill="{colour}"/>'
        )
        if k + 1 < len(bars):
            parts.append(line(x + wide * 0.7, frame.y(b), x + wide, frame.y(b), QUIET, 0.7, "2 2"))
        parts.append(text(x + wide * 0.35, HEIGHT - 24, name, "middle", QUIET))
        shown = b - a if name != "net" else b
        at = x + wide * 0.35 if name != "net" else x + wide * 0.02
        label = f"{shown:+,.0f}" if name != "net" else f"{shown:,.0f}"
        parts.append(text(at, y - 4, label, "middle" if name != "net" else "start"))
    x = LEFT + (len(bars) - 0.5) * wide
    parts += whisker(frame, x, worth.net.low, worth.net.high)
    parts.append(line(LEFT, frame.y(0), WIDTH - RIGHT, frame.y(0), INK))
    parts.append(
        text(LEFT, HEIGHT - 8, f"{worth.currency} per year, likely values; whisker: interval of the net", size=10)
    )
    return svg(parts, "Waterfall from gross to net saving")


def whisker(frame: Frame, x: float, low: float, high: float) -> list[str]:
    a, b = frame.y(low), frame.y(high)
    return [line(x, a, x, b, INK, 1.4), line(x - 5, a, x + 5, a, INK, 1.4), line(x - 5, b, x + 5, b, INK, 1.4)]


def before_after(panel: Panel, estimate: Estimate) -> str:
    """Treated units together: what was seen, what would have been, and the band of the average effect around it.

    `panel` on the scale of the estimate. Empty when the estimator gives no counterfactual.
    """
    if estimate.counterfactual is None:
        return ""
    units = panel.ever()
    would = estimate.counterfactual[units]
    both = np.isfinite(would) & np.isfinite(panel.outcome[units])
    keep = both.any(axis=0)
    if not keep.any():
        return ""
    count = np.maximum(both.sum(axis=0), 1)
    seen = np.where(both, panel.outcome[units], 0).sum(axis=0) / count
    path = np.where(both, would, 0).sum(axis=0) / count
    if estimate.log:
        seen, path = np.exp(seen), np.exp(path)
    share = (panel.treated[units] & both).sum(axis=0) / count
    low, high = _band(estimate, path, share)
    index = [int(t) for t in np.flatnonzero(keep)]
    values = np.concatenate([seen[keep], path[keep], low[keep], high[keep]])
    frame = Frame(float(values.min()), float(values.max()))
    span = max(int(index[-1] - index[0]), 1)

    def x(t: int) -> float:
        return LEFT + (t - index[0]) / span * (WIDTH - LEFT - RIGHT)

    go = int(panel.first()[units].min())
    parts = frame.axis()
    ring = [(x(t), frame.y(float(high[t]))) for t in index] + [(x(t), frame.y(float(low[t]))) for t in index[::-1]]
    parts.append(f'<polygon points="{_points(ring)}" fill="{ACCENT}" opacity="0.15"/>')
    parts.append(_line([(x(t), frame.y(float(path[t]))) for t in index], ACCENT, "5 3"))
    parts.append(_line([(x(t), frame.y(float(seen[t]))) for t in index], INK, ""))
    parts.append(line(x(go) - 2, TOP, x(go) - 2, HEIGHT - BOTTOM, BAD, 1, "3 3"))
    parts.append(text(x(go) + 2, TOP + 10, f"first go-live {panel.periods[go]}", colour=BAD, size=10))
    parts.append(text(LEFT, HEIGHT - 24, panel.periods[index[0]], colour=QUIET))
    parts.append(text(WIDTH - RIGHT, HEIGHT - 24, panel.periods[index[-1]], "end", QUIET))
    legend = "solid: seen; dashed: without the project; band: interval of the average effect, for the treated share"
    parts.append(text(LEFT, HEIGHT - 8, legend, size=10))
    return svg(parts, "Before and after with counterfactual band")


def _band(estimate: Estimate, path: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The counterfactual's own uncertainty: that of the average effect, where units are treated."""
    if estimate.low is None or estimate.high is None or not math.isfinite(estimate.high - estimate.low):
        return path, path
    if estimate.log:
        return path * np.exp(share * (estimate.effect - estimate.high)), path * np.exp(
            share * (estimate.effect - estimate.low)
        )
    return path + share * (estimate.effect - estimate.high), path + share * (estimate.effect - estimate.low)


def effects(rows: Sequence[Effect], title: str, *, percent: bool = False, limit: int = 30) -> str:
    """Dots with intervals, one row each, zero marked. Empty for no rows; the `limit` largest are drawn."""
    if not rows:
        return ""
    shown = list(rows)
    if len(shown) > limit:
        largest = sorted(range(len(shown)), key=lambda k: -abs(shown[k].effect))[:limit]
        shown = [shown[k] for k in sorted(largest)]
    scale = (lambda v: 100 * math.expm1(v)) if percent else (lambda v: v)
    values = [scale(v) for e in shown for v in (e.effect, e.low, e.high) if math.isfinite(v)] + [0.0]
    low, high = min(values), max(values)
    pad = 0.06 * (high - low) or 1.0
    low, high = low - pad, high + pad
    left, height = 150.0, 40.0 + 20.0 * len(shown)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (WIDTH - left - RIGHT)

    parts = []
    for tick in ticks(low, high, 6):
        parts.append(line(x(tick), 8, x(tick), height - 30, LINE))
        parts.append(text(x(tick), height - 16, f"{tick:g}{' %' if percent else ''}", "middle", QUIET))
    for k, effect in enumerate(shown):
        y = 18.0 + 20 * k
        parts.append(text(left - 8, y + 4, effect.label[:24], "end"))
        if math.isfinite(effect.low) and math.isfinite(effect.high):
            parts.append(line(x(scale(effect.low)), y, x(scale(effect.high)), y, QUIET, 1.6))
        parts.append(f'<circle cx="{x(scale(effect.effect)):.1f}" cy="{y:.1f}" r="4" fill="{ACCENT}"/>')
    parts.append(line(x(0), 8, x(0), height - 30, INK))
    more = f" ({len(rows) - limit} smaller ones not drawn)" if len(rows) > limit else ""
    parts.append(text(left, height - 2, title + more, size=10))
    return svg(parts, title, height)


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in points)


def _line(points: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{_points(points)}" fill="none" stroke="{colour}" stroke-width="1.8"{extra}/>'
