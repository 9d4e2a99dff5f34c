"""The HTML report: one self-contained file that tells the story of a log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

from hoshin.mine.bottlenecks import Bottleneck
from hoshin.mine.findings import Finding
from hoshin.mine.map import ProcessMap
from hoshin.mine.rework import Rework
from hoshin.mine.summary import ActivityCount, Summary
from hoshin.mine.variants import Variant
from hoshin.report.chevrons import chevron_rows
from hoshin.report.svg_map import svg_map
from hoshin.units import duration, money, share

STYLE = """
:root{--ink:#1b2733;--quiet:#5a6b7b;--line:#dde3ea;--paper:#fff;--canvas:#f7f8fa;--accent:#1c6fd1}
*{box-sizing:border-box}body{margin:0;background:var(--canvas);color:var(--ink);
font:14px/1.5 Inter,system-ui,"Segoe UI",Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1120px;margin:0 auto;padding:28px 20px 60px}h1{font-size:24px;margin:0 0 4px;font-weight:650}
h2{font-size:18px;margin:40px 0 6px;font-weight:650}p{margin:4px 0 10px;max-width:76ch}.quiet{color:var(--quiet)}
.card{background:var(--paper);border:1px solid var(--line);border-radius:7px;padding:16px}
.strip{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:7px;overflow:hidden;margin:18px 0}
.strip div{background:var(--paper);padding:12px 14px}.strip b{display:block;font-size:20px;font-weight:650}
.strip span{color:var(--quiet);font-size:12px}
.findings{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:12px;padding:0;margin:12px 0;list-style:none}
.findings h3{margin:0;font-size:14px}.findings .number{font-size:26px;font-weight:650;color:var(--accent);margin:2px 0}
.findings p{margin:4px 0}details{color:var(--quiet);font-size:12.5px;margin-top:8px}summary{cursor:pointer}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th{font-weight:600;text-align:left;color:var(--quiet);
font-size:12px}th,td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:middle}
.n,th.n{text-align:right;white-space:nowrap}.bar{display:inline-block;height:9px;background:#dd7f2a;border-radius:2px}
.map{overflow:auto;max-height:900px;text-align:center}.map svg{max-width:none}footer{margin-top:44px;color:var(--quiet);font-size:12px}
@media print{body{background:#fff}.map{max-height:none;overflow:visible}.map svg{max-width:100%;height:auto}
.card{break-inside:avoid}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that a report shows. `assumed` and `source` say where the numbers come from."""

    title: str
    summary: Summary
    findings: list[Finding]
    drawn: ProcessMap
    variants: list[Variant]
    n_variants: int
    bottlenecks: list[Bottleneck]
    rework: list[Rework]
    activities: list[ActivityCount]
    currency: str = ""
    source: str = ""
    attribution: str = ""
    made_at: datetime | None = None


def html_page(story: Story) -> str:
    """The whole page. It loads nothing: styles and pictures are in the file."""
    s = story.summary
    parts = [
        f"<h1>{escape(story.title)}</h1>",
        f"<p class=quiet>{s.cases:,} cases from {escape(s.begin[:10])} to {escape(s.end[:10])} (times in "
        f"{escape(s.time_zone)}; activity = {escape(s.classifier)}). {escape(story.source)}</p>",
        _strip(s),
        "<h2>What to act on</h2>",
        _findings(story.findings),
        "<h2>How the work flows</h2>",
        f"<p>Boxes count events, darker is more. Arrows carry how often and the median time between; the five that hold "
        f"the most time are orange. {share(story.drawn.flow_share)} of all movement is drawn; what is left out changes "
        f"no number.</p>",
        f'<div class="card map">{svg_map(story.drawn)}</div>',
        "<h2>Where time passes</h2>",
        _bottlenecks(story),
        "<h2>Ways of working</h2>",
        f"<p>The {len(story.variants)} commonest of {story.n_variants:,} variants. A run of the same activity is one "
        "arrow with its count.</p>",
        f'<div class="card scroll">{chevron_rows(story.variants)}</div>',
        *_rework(story.rework),
        "<h2>Activities</h2>",
        _activities(story.activities),
        _footer(story),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{escape(story.title)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _strip(s: Summary) -> str:
    figures = [
        (f"{s.cases:,}", "cases"),
        (f"{s.events:,}", "events"),
        (f"{s.activities:,}", "activities"),
        (f"{s.variants:,}", "variants"),
        (duration(s.cycle_time.median_s), "median cycle time"),
        (duration(s.cycle_time.p90_s), "one in ten takes longer"),
    ]
    return f'<div class="strip">{"".join(f"<div><b>{n}</b><span>{what}</span></div>" for n, what in figures)}</div>'


def _findings(findings: list[Finding]) -> str:
    cards = [
        f'<li class="card"><h3>{escape(f.title)}</h3><div class="number">{escape(f.number)}</div>'
        f"<p>{escape(f.sentence)}</p><p><b>Next:</b> {escape(f.action)}</p>"
        f"<details><summary>How computed</summary>{escape(f.how)}</details></li>"
        for f in findings
    ]
    return f'<ul class="findings">{"".join(cards)}</ul>'


def _bottlenecks(story: Story) -> str:
    priced = any(b.cost is not None for b in story.bottlenecks)
    most = max((b.time_share for b in story.bottlenecks), default=1) or 1
    rows = "".join(
        f"<tr><td>{escape(b.place)}{' <span class=quiet>(timer)</span>' if b.is_timer else ''}</td>"
        f"<td class=n>{b.times:,}</td><td class=n>{b.total_h:,.0f}</td>"
        f'<td><span class="bar" style="width:{120 * b.time_share / most:.0f}px"></span> {share(b.time_share)}</td>'
        f"<td class=n>{duration(b.median_s)}</td><td class=n>{duration(b.p90_s)}</td>"
        + (f"<td class=n>{money(b.cost or 0, story.currency)}</td>" if priced else "")
        + "</tr>"
        for b in story.bottlenecks
    )
    work = (
        "Waits are gaps between the end of one activity and the begin of the next; work is start to end."
        if story.summary.has_start
        else "The log has no start times: a gap holds waiting and work alike."
    )
    price = "<th class=n>Money</th>" if priced else ""
    return (
        f"<p>{work} A timer is a gap so regular that a rule sets it.</p>"
        f'<div class="card scroll"><table><thead><tr><th>Where</th><th class=n>Times</th><th class=n>Case-hours</th>'
        f"<th>Share of time</th><th class=n>Median</th><th class=n>90% under</th>{price}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _rework(rework: list[Rework]) -> list[str]:
    if not rework:
        return []
    rows = "".join(
        f"<tr><td>{escape(r.activity)}</td><td class=n>{r.cases:,}</td><td class=n>{share(r.cases_share)}</td>"
        f"<td class=n>{r.self_loops:,}</td><td class=n>{r.returns:,}</td>"
        f"<td class=n>{'-' if r.with_median_s is None else duration(r.with_median_s)}</td>"
        f"<td class=n>{'-' if r.without_median_s is None else duration(r.without_median_s)}</td></tr>"
        for r in rework[:12]
    )
    return [
        "<h2>Rework</h2><p>A repeat directly follows itself; a return comes back after other work. The medians compare "
        "the cases with a return and those that pass the activity only without one: a difference, not a cause.</p>",
        '<div class="card scroll"><table><thead><tr><th>Activity</th><th class=n>Cases</th><th class=n>Share</th>'
        "<th class=n>Repeats</th><th class=n>Returns</th><th class=n>Median with</th><th class=n>Median without</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></div>",
    ]


def _activities(activities: list[ActivityCount]) -> str:
    rows = "".join(
        f"<tr><td>{escape(a.activity)}</td><td class=n>{a.events:,}</td><td class=n>{a.cases:,}</td>"
        f"<td class=n>{share(a.cases_share)}</td><td class=n>{a.starts:,}</td><td class=n>{a.ends:,}</td></tr>"
        for a in activities[:40]
    )
    more = f"<p class=quiet>and {len(activities) - 40} more</p>" if len(activities) > 40 else ""
    return (
        '<div class="card scroll"><table><thead><tr><th>Activity</th><th class=n>Events</th><th class=n>Cases</th>'
        "<th class=n>Of cases</th><th class=n>Starts</th><th class=n>Ends</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{more}</div>"
    )


def _footer(story: Story) -> str:
    when = f"Made {story.made_at:%Y-%m-%d %H:%M %Z}. " if story.made_at else ""
    return f"<footer>{when}hoshin. {escape(story.attribution)}</footer>"
