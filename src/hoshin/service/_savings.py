"""Plans, claims and packs in the workspace: value/plans/NAME.json, value/claims/ID/ (a pack each)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hoshin.errors import Conflict, Corrupt, InvalidInput, NotFound

if TYPE_CHECKING:
    from hoshin.service._workspace import Workspace
    from hoshin.value.pack import Judged
    from hoshin.value.panel import Panel


def read_rows(file: Path) -> Any:
    """A CSV as text columns. InvalidInput(value.file) names the file and what is wrong with it."""
    import polars as pl

    if not file.is_file():
        raise NotFound("value.file", f"There is no file {file}.")
    with file.open("rb") as source:
        head = source.readline()
    separator = ";" if head.count(b";") > head.count(b",") else ","
    try:
        return pl.read_csv(file, infer_schema=False, separator=separator)
    except (pl.exceptions.PolarsError, UnicodeError) as error:
        raise InvalidInput("value.file", f"{file.name} is no CSV: {str(error).splitlines()[0]}.") from error


def named(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise InvalidInput(
            "value.name", f"{name!r} cannot be a name.", hint="Use letters, digits, '.', '_' and '-', at most 64."
        )
    return name


def plan_path(ws: Workspace, name: str) -> Path:
    return ws.folder("value") / "plans" / f"{named(name)}.json"


def read_plan(ws: Workspace, name: str) -> dict[str, Any]:
    """The stored document of a plan: sealed, or a draft without seal."""
    path = plan_path(ws, name)
    if not path.is_file():
        raise NotFound.unknown("value.plan_none", "plan", name, [p.stem for p in path.parent.glob("*.json")])
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Corrupt("value.plan_broken", f"Plan {name!r} is not JSON: {error}.") from error
    return document


def write_plan(ws: Workspace, name: str, document: Mapping[str, Any]) -> None:
    """Store a plan. Conflict(value.plan_locked) if a sealed one is there already."""
    path = plan_path(ws, name)
    if path.is_file() and read_plan(ws, name).get("sha256"):
        raise Conflict(
            "value.plan_locked", f"Plan {name!r} is locked.", hint="A locked plan stays: make another with a new name."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, json.dumps(document, ensure_ascii=False, indent=2).encode())


def write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    scratch = path.with_name("." + path.name)
    scratch.write_bytes(data)
    scratch.replace(path)


def claims_folder(ws: Workspace) -> Path:
    return ws.folder("value") / "claims"


def pack_files(folder: Path) -> dict[str, bytes]:
    """The sealed files of a pack. NotFound(value.pack_none) if the folder has none."""
    from hoshin.value.pack import SEALED

    names = [*SEALED, "manifest.json"]
    files = {n: (folder / n).read_bytes() for n in names if (folder / n).is_file()}
    if not files:
        raise NotFound("value.pack_none", f"There is no savings pack in {folder}.", hint="Name the folder of a pack.")
    return files


def claim_folder(ws: Workspace, id: str) -> Path:
    folder = claims_folder(ws) / named(id)
    if not folder.is_dir():
        known = [p.name for p in claims_folder(ws).glob("*") if p.is_dir()]
        raise NotFound.unknown("value.claim_none", "claim", id, known)
    return folder


def write_pack(folder: Path, files: Mapping[str, bytes], judged: Judged, *, pdf: bool = False) -> None:
    """The sealed files, the page, and on request the PDF."""
    import hashlib

    from hoshin.report.savings.page import html

    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write(folder / name, data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    write(folder / "report.html", html(judged, hashes).encode())
    if pdf:
        from hoshin.report.savings.paper import pdf as paper

        write(folder / "report.pdf", paper(judged, hashes))


def entries(ws: Workspace) -> list[Any]:
    """Every registered claim, worked out again from its sealed inputs."""
    from hoshin.value.pack import recompute
    from hoshin.value.portfolio import Entry, cells_of

    found = []
    folders = sorted(p for p in claims_folder(ws).glob("*") if p.is_dir())
    with ws.progress.task("recomputing claims", len(folders)) as advance:
        for folder in folders:
            judged, _ = recompute(pack_files(folder))
            found.append(Entry(judged.claim, judged.estimate, judged.worth, cells_of(judged.panel)))
            advance()
    return found


def option_values(texts: list[str]) -> dict[str, Any]:
    """`name=value` texts; values are JSON where they can be, else text, comma = list."""
    result: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput("value.option_form", f"{text!r} is no option.", hint="Write name=value.")
        try:
            result[name.strip()] = json.loads(value)
        except ValueError:
            result[name.strip()] = value.split(",") if "," in value else value
    return result


def summary(judged: Judged, better: str) -> dict[str, Any]:
    """What `register` and `show` print."""
    from hoshin.value.estimate import verdict
    from hoshin.value.seal import plain

    worth, estimate = judged.worth, judged.estimate
    said = verdict(estimate, better)  # type: ignore[arg-type]
    return {
        "id": judged.claim.id,
        "verdict": said.status,
        "says": said.says,
        "grade": estimate.grade,
        "currency": worth.currency,
        "kind": worth.kind,
        "recurrence": worth.recurrence,
        "bankable_per_year": round(worth.bankable, 2),
        "pays_back_share": worth.pays_back_share,
        "payback_years": worth.payback_years,
        "per_year": [
            {"what": name, **{k: round(v, 2) for k, v in plain(value).items()}}
            for name, value in (
                ("gross", worth.gross),
                ("realised", worth.realised),
                ("costs", worth.cost),
                ("net", worth.net),
                ("NPV", worth.npv),
            )
        ],
        "findings": [{"severity": f.severity, "says": f.says} for f in (*estimate.findings, *worth.findings)],
    }


def estimate_view(panel: Panel, estimate: Any, better: str) -> dict[str, Any]:
    """What `estimate` prints."""
    from hoshin.value.estimate import GRADES, verdict
    from hoshin.value.seal import plain

    said = verdict(estimate, better)  # type: ignore[arg-type]
    relative = None
    if estimate.low is not None:
        relative = [estimate.relative(estimate.low), estimate.relative(estimate.high)]
    return {
        "verdict": said.status,
        "says": said.says,
        "estimator": estimate.estimator,
        "effect": estimate.effect,
        "low": estimate.low,
        "high": estimate.high,
        "p_value": estimate.p_value,
        "relative_share": estimate.relative(estimate.effect),
        "relative_interval": relative,
        "inference": estimate.inference,
        "grade": f"{estimate.grade}: {GRADES[estimate.grade]}",
        "units": estimate.n_units,
        "treated": estimate.n_treated,
        "never_treated": estimate.n_controls,
        "cells": estimate.n_cells,
        "checks": [{"check": c.name, "passed": c.passed, "says": c.says} for c in estimate.checks],
        "findings": [{"severity": f.severity, "code": f.code, "says": f.says} for f in estimate.findings],
        "by_event": plain(list(estimate.by_event)),
        "by_unit": plain(list(estimate.by_unit)),
        "details": plain(dict(estimate.details)),
    }
