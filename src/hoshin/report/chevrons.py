"""Variant chevrons: each variant as a row of arrows, coloured by stage, repeats collapsed."""

from __future__ import annotations

from html import escape
from itertools import groupby

from hoshin.mine.variants import Variant
from hoshin.report.svg_map import short
from hoshin.units import duration, share

# Tol bright, and two of ours: at most eight, so that colours stay apart; later activities share the last.
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#997700", "#888888")
WIDTH, HEIGHT, POINT, GAP = 96, 26, 9, 2
# As many arrows as fit a page; a longer variant says how many more it has.
MOST = 9


def chevron_rows(variants: list[Variant]) -> str:
    """An HTML table: share of cases with cumulative coverage, median time, and the chevrons."""
    order = list(dict.fromkeys(a for v in variants for a in v.activities))
    colour = {a: COLOURS[min(i, len(COLOURS) - 1)] for i, a in enumerate(order)}
    rows = []
    for v in variants:
        rows.append(
            f"<tr><td class=n>{v.cases:,}</td><td class=n>{share(v.cases_share)}</td>"
            f"<td class=n>{share(v.coverage_share)}</td><td class=n>{duration(v.median_s)}</td>"
            f"<td>{_chevrons(v, colour)}</td></tr>"
        )
    head = "<tr><th>Cases</th><th>Share</th><th>Covered</th><th>Median</th><th>Way of working</th></tr>"
    return f'<table class="variants"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'


def _chevrons(variant: Variant, colour: dict[str, str]) -> str:
    steps = [(name, len(list(run))) for name, run in groupby(variant.activities)]
    shown = steps[:MOST]
    left = len(steps) - len(shown)
    width = len(shown) * (WIDTH + GAP) + POINT + (40 if left else 0)
    parts = []
    for i, (name, times) in enumerate(shown):
        x = i * (WIDTH + GAP)
        text = short(name, 13) + (f" ×{times}" if times > 1 else "")
        shape = f"{x},0 {x + WIDTH},0 {x + WIDTH + POINT},{HEIGHT / 2} {x + WIDTH},{HEIGHT} {x},{HEIGHT}"
        shape += f" {x + POINT},{HEIGHT / 2}" if i else ""
        dark = colour[name] in ("#ccbb44", "#66ccee", "#ee6677")
        parts.append(
            f"<g><title>{escape(name)}{f', {times} times in a row' if times > 1 else ''}</title>"
            f'<polygon points="{shape}" fill="{colour[name]}"/>'
            f'<text x="{x + WIDTH / 2 + POINT / 2}" y="17" text-anchor="middle" font-size="11" '
            f'fill="{"#1b2733" if dark else "#fff"}">{escape(text)}</text></g>'
        )
    if left:
        parts.append(f'<text x="{len(shown) * (WIDTH + GAP) + POINT + 4}" y="17" font-size="11">+{left}</text>')
    named = escape(" > ".join(f"{n} x{t}" if t > 1 else n for n, t in steps))
    return f'<svg width="{width}" height="{HEIGHT}" role="img" aria-label="{named}">{"".join(parts)}</svg>'
