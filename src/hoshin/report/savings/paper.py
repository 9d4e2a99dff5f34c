"""The audit page of a claim as PDF, set by Typst (extra `reports`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from hoshin.errors import Unsupported
from hoshin.report.savings.chart import before_after, effects, waterfall
from hoshin.report.savings.worth import money_rows, price_note
from hoshin.value.estimate import GRADES, verdict
from hoshin.value.pack import Judged


def pdf(judged: Judged, hashes: Mapping[str, str]) -> bytes:
    """The PDF; the same input gives the same bytes. Unsupported(report.pdf) without the extra."""
    try:
        import typst
    except ImportError as error:
        raise Unsupported("report.pdf", "PDF needs Typst.", hint="pip install 'hoshin[reports]'") from error
    estimate = judged.estimate
    working = judged.panel.in_logs() if estimate.log else judged.panel
    charts = {
        "waterfall.svg": waterfall(judged.worth),
        "band.svg": before_after(working, estimate),
        "events.svg": effects(estimate.by_event, "effect by periods since go-live", percent=estimate.log),
        "units.svg": effects(estimate.by_unit, "effect per unit", percent=estimate.log),
    }
    drawn = {name: chart.encode() for name, chart in charts.items() if chart}
    made = datetime.combine(judged.claim.registered_on, time(), UTC)
    files = {"main.typ": source(judged, hashes, list(drawn)).encode(), **drawn}
    made_of: Any = files  # the stubs do not know that a dict of files is taken
    return bytes(typst.compile(made_of, timestamp=made))


def source(judged: Judged, hashes: Mapping[str, str], charts: list[str]) -> str:
    """The Typst document."""
    claim, estimate, worth = judged.claim, judged.estimate, judged.worth
    said = verdict(estimate, claim.kpi.better)  # type: ignore[arg-type]
    findings = [[f.severity, f.says] for f in (*estimate.findings, *worth.findings)]
    checks = [["-" if c.passed is None else "passed" if c.passed else "failed", c.says] for c in estimate.checks]
    return "\n".join(
        [
            '#set page(paper: "a4", margin: 2cm, numbering: "1 / 1")',
            "#set text(size: 9.5pt)",
            f"= {quoted(claim.title)}",
            quoted(
                f"Claim {claim.id}, registered {claim.registered_on}. Owner {claim.owner}, verified by "
                f"{claim.verified_by}. KPI {claim.kpi.id} version {claim.kpi.version}, {claim.kpi.unit}, "
                f"definition {claim.kpi.definition}: {claim.kpi.expression}."
            ),
            "",
            f"*{quoted(said.says)}*",
            "== Money",
            table([worth.currency, "low", "likely", "high"], money_rows(judged)),
            quoted(f"Bankable: {worth.bankable:,.0f} {worth.currency} a year. {price_note(judged)}"),
            *[f'#image("{name}", width: 100%)' for name in charts],
            "== How sure",
            quoted(f"{estimate.estimand}. {estimate.inference}. Grade {estimate.grade}: {GRADES[estimate.grade]}."),
            table(["check", ""], checks),
            "== To know",
            table(["", ""], findings),
            "== Sealed files",
            table(["file", "SHA-256"], [[n, d] for n, d in sorted(hashes.items())]),
            "Recompute from these files alone: `hoshin value verify FOLDER`.",
        ]
    )


def quoted(text: str) -> str:
    """Text as Typst content, whatever characters it holds.

    >>> quoted('a "b" #c')
    '#text("a \\\\"b\\\\" #c")'
    """
    return '#text("' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '")'


def table(head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return "Nothing."
    columns = ", ".join("1fr" if k == len(head) - 1 and len(head) == 2 else "auto" for k in range(len(head)))
    cells = ", ".join(f"[{quoted(str(c))}]" for row in [head, *rows] for c in row)
    return f"#table(columns: ({columns}), stroke: 0.4pt + luma(210), {cells})"
