"""The audit page of a claim: one HTML file with the verdict, the money, the charts, the checks and the hashes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from hoshin.report.page import STYLE
from hoshin.report.savings.chart import before_after, effects, waterfall
from hoshin.report.savings.worth import money_rows, price_note
from hoshin.units import money
from hoshin.value.estimate import GRADES, verdict
from hoshin.value.pack import Judged
from hoshin.value.range import Interval


def html(judged: Judged, hashes: Mapping[str, str]) -> str:
    """The whole page; it loads nothing. `hashes` are the SHA-256 of the files beside it."""
    claim, estimate, worth = judged.claim, judged.estimate, judged.worth
    said = verdict(estimate, claim.kpi.better)  # type: ignore[arg-type]
    parts = [
        f"<h1>{escape(claim.title)}</h1>",
        f"<p class=quiet>Claim {escape(claim.id)}, registered {claim.registered_on}; owner {escape(claim.owner)}, "
        f"verified by {escape(claim.verified_by)}. KPI {escape(claim.kpi.id)} version {escape(claim.kpi.version)} "
        f"({escape(claim.kpi.unit)}, {claim.kpi.better} is better, definition {claim.kpi.definition}): "
        f"<code>{escape(claim.kpi.expression)}</code></p>",
        f"<p><b>{escape(said.says)}</b></p>",
        _strip(judged),
        "<h2>Money</h2>",
        f'<div class="card">{waterfall(worth)}</div>',
        _money(judged),
        "<h2>What happened, and what would have</h2>",
        *_charts(judged),
        "<h2>How sure</h2>",
        f"<p>{escape(estimate.estimand)}. Inference: {escape(estimate.inference)}. Grade {estimate.grade}: "
        f"{escape(GRADES[estimate.grade])}. {estimate.n_units} units, {estimate.n_treated} treated, "
        f"{estimate.n_controls} never treated, {estimate.n_cells} treated cells.</p>",
        _rows(["check", "result", "says"], [[c.name, _passed(c.passed), c.says] for c in estimate.checks]),
        "<h2>To know</h2>",
        _rows(
            ["severity", "code", "says"],
            [[f.severity, f.code, f.says] for f in (*estimate.findings, *worth.findings)],
        ),
        "<h2>Sealed files</h2>",
        _rows(["file", "SHA-256"], [[name, digest] for name, digest in sorted(hashes.items())]),
        "<p>Recompute every figure from these files alone: <code>hoshin value verify FOLDER</code>.</p>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(claim.title)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _strip(judged: Judged) -> str:
    worth = judged.worth
    figures = [
        (_short(worth.net, worth.currency), "net a year"),
        (_short(worth.npv, worth.currency), f"net present value, {judged.claim.years} years"),
        (money(worth.bankable, worth.currency), "bankable a year (lower bound, if shown)"),
        (f"{worth.kind}, {worth.recurrence}", "kind"),
        (f"{worth.pays_back_share:.0%}", "chance that it pays back"),
    ]
    return f'<div class="strip">{"".join(f"<div><b>{escape(n)}</b><span>{w}</span></div>" for n, w in figures)}</div>'


def _short(interval: Interval, currency: str) -> str:
    return f"{money(interval.likely, currency)} ({interval.low:,.0f} to {interval.high:,.0f})"


def _money(judged: Judged) -> str:
    note = f"<p class=quiet>{escape(price_note(judged))}</p>"
    return _rows([judged.worth.currency, "low", "likely", "high"], money_rows(judged)) + note


def _charts(judged: Judged) -> list[str]:
    estimate = judged.estimate
    working = judged.panel.in_logs() if estimate.log else judged.panel
    drawn = [
        before_after(working, estimate),
        effects(estimate.by_event, "effect by periods since go-live", percent=estimate.log),
        effects(estimate.by_unit, "effect per unit", percent=estimate.log),
    ]
    return [f'<div class="card" style="margin:12px 0">{chart}</div>' for chart in drawn if chart]


def _passed(value: bool | None) -> str:
    return "not run" if value is None else "passed" if value else "failed"


def _rows(head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return "<p class=quiet>Nothing.</p>"
    top = "".join(f"<th>{escape(h)}</th>" for h in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(c))}</td>' for c in row)}</tr>" for row in rows)
    return f'<div class="card scroll"><table><tr>{top}</tr>{body}</table></div>'
