"""The first steps: make a workspace, run the demo, write a report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from hoshin.errors import InvalidInput
from hoshin.service._use_case import use_case
from hoshin.service._workspace import Workspace, create, open_workspace

if TYPE_CHECKING:
    from hoshin.report.page import Story

ATTRIBUTION = (
    "Data: Amaral, Fantinato and Peres (2018), Incident management process enriched event log, "
    "UCI Machine Learning Repository, CC BY 4.0."
)


@use_case(writes=True, bare=True)
def init(here: Path, folder: Annotated[Path, "Folder to make a workspace of"] = Path(".")) -> dict[str, Any]:
    """Make a folder a hoshin workspace: logs, records and reports live in it and nowhere else.

    Example: hoshin init my-process
    """
    ws = create(here / folder)
    return {"workspace": str(ws.root), "next": "hoshin log import FILE"}


@use_case(writes=True, bare=True)
def demo(here: Path, folder: Annotated[Path, "Folder for the demo's workspace"] = Path("demo")) -> str:
    """The whole story on a real log: 24,918 IT incidents, imported, mined and reported.

    Example: hoshin demo
    """
    import importlib.resources

    from hoshin.service import log as logs

    root = here / folder
    ws = open_workspace(root) if (root / "hoshin.toml").exists() else create(root)
    with importlib.resources.as_file(importlib.resources.files("hoshin") / "data" / "incidents.zip") as file:
        logs.import_(ws, file, name="incidents", case_id="number", activity="incident_state", missing=["?"])
    with ws.progress.task("Mining and drawing"):
        title = "IT incidents at a ServiceNow customer"
        story = _story(ws, "incidents", title=title, price_per_hour=None, currency="EUR", attribution=ATTRIBUTION)
        page = _write_page(story, _page_of(ws, "incidents"))
    lines = [
        f"{story.summary.cases:,} incidents, {story.summary.events:,} updates, {story.summary.begin[:10]} to "
        f"{story.summary.end[:10]}. What a manager would act on:",
        "",
    ]
    for at, finding in enumerate(story.findings[:5], 1):
        lines += [
            f"{at}. {finding.title}: {finding.number}",
            f"   {finding.sentence}",
            f"   How: {finding.how}",
            f"   Next: {finding.action}",
            "",
        ]
    lines += [f"Report: {page}", f"Try:    hoshin mine variants incidents -w {folder}", "", ATTRIBUTION]
    return "\n".join(lines)


@use_case(writes=True)
def report(
    ws: Workspace,
    log: Annotated[str, "Name of a stored log, or NAME@VERSION"],
    *,
    output: Annotated[str, "File to write; default: reports/LOG.html in the workspace"] = "",
    title: Annotated[str, "Heading of the report"] = "",
    price_per_hour: Annotated[float | None, "Price of an hour that a case spends; adds money to the hours"] = None,
    currency: Annotated[str, "Currency of the price"] = "EUR",
    attribution: Annotated[str, "Where the data comes from, for the foot of the page"] = "",
) -> dict[str, Any]:
    """Write the story of a log as one HTML file that needs no network.

    Example: hoshin report incidents --price-per-hour 35
    """
    with ws.progress.task("Mining and drawing"):
        story = _story(ws, log, title=title, price_per_hour=price_per_hour, currency=currency, attribution=attribution)
        path = _write_page(story, Path(output) if output else _page_of(ws, log))
    return {"report": str(path), "findings": [f"{f.title}: {f.number}" for f in story.findings]}


def _page_of(ws: Workspace, log: str) -> Path:
    return ws.folder("reports") / f"{log.replace('@', '.')}.html"


def _write_page(story: Story, path: Path) -> Path:
    """Write the page whole or not at all."""
    from hoshin.report.page import html_page

    part = path.with_name(f".{path.name}.part")
    part.write_text(html_page(story), encoding="utf-8")
    part.replace(path)
    return path


def _story(
    ws: Workspace, name: str, *, title: str, price_per_hour: float | None, currency: str, attribution: str
) -> Story:
    from hoshin.mine.bottlenecks import rank_bottlenecks
    from hoshin.mine.findings import find_findings
    from hoshin.mine.map import draw_map
    from hoshin.mine.rework import find_rework
    from hoshin.mine.summary import count_activities, summarise
    from hoshin.mine.variants import discover_variants
    from hoshin.report.page import Story

    stored, log = ws.logs.stored(name), ws.log(name)
    if not log.n_events:
        raise InvalidInput("report.empty", f"Log {name!r} has no events.", hint="Import one that has.")
    variants, ranked = discover_variants(log), rank_bottlenecks(log, price_per_hour=price_per_hour)
    return Story(
        title=title or f"How {stored.name} really works",
        summary=summarise(log),
        findings=find_findings(log, currency=currency, ranked=ranked, variants=variants),
        drawn=draw_map(log, activities=1.0 if len(log.activities) <= 30 else 30 / len(log.activities), paths=0.3),
        variants=variants.top(12),
        n_variants=len(variants),
        bottlenecks=ranked[:12],
        rework=find_rework(log),
        activities=count_activities(log),
        currency=currency,
        source=f"Log {stored.name}, version {stored.version}.",
        attribution=attribution,
        made_at=datetime.now(UTC),
    )


@use_case(local=True)
def backup(ws: Workspace, file: Annotated[Path, "File to write, e.g. monday.tar.gz"]) -> dict[str, Any]:
    """Write the whole workspace into one file: logs, reports, records, ledger. Keep it as safe as the workspace.

    Example: hoshin backup monday.tar.gz
    """
    from hoshin.store.backup import write

    with ws.progress.task("Backing up"):
        return write(ws.root, ws.database, file)


@use_case(writes=True, bare=True)
def restore(
    here: Path,
    file: Annotated[Path, "A file that `hoshin backup` wrote"],
    folder: Annotated[Path, "New folder for the workspace"],
    *,
    records_url: Annotated[str, "Put the records into this database instead, e.g. postgresql://..."] = "",
) -> dict[str, Any]:
    """Bring a backup back into a new folder, and check that the ledger in it is whole.

    Example: hoshin restore monday.tar.gz recovered
    """
    from dataclasses import replace

    from hoshin.errors import Corrupt
    from hoshin.service._audit import verified
    from hoshin.store.backup import restore as unpack

    done = unpack(here / file, here / folder, records_url)
    ws = open_workspace(here / folder)
    if records_url:
        ws = replace(ws, settings=replace(ws.settings, records_url=records_url))
    found = verified(ws)
    ws.database.close()
    if found["findings"]:
        raise Corrupt(
            "backup.ledger",
            f"Everything was restored, but the ledger was tampered with before: {found['findings'][0]['detail']}",
            hint="hoshin audit verify --json lists every finding.",
        )
    return {**done, "ledger_entries": found["entries"], "ledger": "whole"}
