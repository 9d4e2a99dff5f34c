"""The model card of a twin as one HTML page, in the style of the report."""

from __future__ import annotations

from html import escape
from typing import Any

from hoshin.report.page import STYLE

BAR = 150


def card_page(name: str, card: dict[str, Any]) -> str:
    """The whole page of `card` (see `hoshin.twin.card`); it loads nothing."""
    data = card["data"]
    parts = [
        f"<h1>Twin {escape(name)}: model card</h1>",
        f"<p class=quiet>Fitted to {escape(data['log'])}, {escape(data['from'])} to {escape(data['to'])}. "
        f"{escape(card['reason'])}</p>",
        *(f'<p class="card">&#9888; {escape(w)}</p>' for w in card["warnings"]),
        f'<ul class="findings"><li class="card"><h3>Verdict</h3><p>{escape(card["verdict"])}</p></li></ul>',
        _strip(data, card["hold_out"]),
        "<h2>How well it fits</h2>",
        _aspects(card["aspects"], card["hold_out"]),
        "<h2>Known misfits</h2>", _list(card["known_misfits"], "None beyond 1.25 times the floor."),
        "<h2>What the log cannot tell</h2>", _unknown(card["identifiability"]),
        "<h2>Assumptions</h2>", _list(card["assumptions"], "None recorded."),
    ]  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Twin {escape(name)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _strip(data: dict[str, Any], hold_out: dict[str, Any]) -> str:
    figures = [(f"{data['cases']:,}", "cases"), (f"{data['tasks']:,}", "tasks"),
               (f"{data['age_days']:,.0f} days", f"age of the data; {data['fresh_days']:,.0f} allowed")]  # fmt: skip
    if "mean_ratio" in hold_out:
        figures += [(f"{hold_out['mean_ratio']:.2f}", "distance in floors, mean of all aspects"),
                    (f"{hold_out['plain_mean_ratio']:.2f}", "the same without shifts and delays")]  # fmt: skip
    return f'<div class="strip">{"".join(f"<div><b>{n}</b><span>{what}</span></div>" for n, what in figures)}</div>'


def _aspects(rows: list[dict[str, Any]], hold_out: dict[str, Any]) -> str:
    if not rows:
        return "<p>Not compared with a hold-out.</p>"
    most = max(min(r["ratio"], 4.0) for r in rows)
    body = "".join(
        f"<tr><td>{escape(r['aspect'])}</td><td class=n>{r['twin']:.3g}</td><td class=n>{r['floor']:.3g}</td>"
        f"<td class=n>{r['plain']:.3g}</td><td>{escape(r['unit'])}</td>"
        f'<td><span class="bar" style="width:{BAR * min(r["ratio"], 4.0) / most:.0f}px"></span> {r["ratio"]:.2f}</td>'
        f"<td>{'holds' if r['holds'] else 'fails'}</td></tr>"
        for r in rows
    )
    return (
        f"<p>Fitted to the {hold_out['past_cases']:,} cases that ended before {escape(hold_out['cut'])} and compared with "
        f"the {hold_out['future_cases']:,} that began after. Distances: 0 is identical; the floor resamples whole past "
        "cases; plain is the twin around the clock and without delays.</p>"
        '<div class="card scroll"><table><tr><th>aspect</th><th class=n>twin</th><th class=n>floor</th><th class=n>plain'
        f"</th><th>unit</th><th>in floors</th><th>up to 1.25</th></tr>{body}</table></div>"
    )


def _unknown(rows: list[dict[str, str]]) -> str:
    return _list([f"{r['parameter']} ({r['known']} known): {r['why']}" for r in rows], "Nothing that was looked for.")


def _list(lines: list[str], none: str) -> str:
    if not lines:
        return f"<p class=quiet>{none}</p>"
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
