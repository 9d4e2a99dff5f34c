"""The audit pack: data, plan, claim and result in one sealed set of files that anybody can recompute.

    panel.csv      the frozen outcomes, one row per unit and period
    plan.json      the plan sealed before go-live, if there was one
    claim.json     KPI pin, price, conversion, costs: what was signed
    result.json    every figure that was reported
    manifest.json  SHA-256 of each of these, sealed itself

Pure: files are bytes by name; reading and writing folders is the caller's.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from hoshin.errors import Corrupt, InvalidInput
from hoshin.value.claim import Claim, as_data, claim_of
from hoshin.value.estimate import Estimate, verdict
from hoshin.value.finding import merged, warning
from hoshin.value.method import run, suggest
from hoshin.value.panel import Panel
from hoshin.value.plan import plan_from, under_plan
from hoshin.value.rows import panel_of
from hoshin.value.seal import canonical, opened, plain, sealed
from hoshin.value.worth import Worth, worth_of

FORMAT = 1
TOLERANCE = 1e-9
SEALED = ("panel.csv", "plan.json", "claim.json", "result.json")


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim worked out: what `result.json` holds, as objects."""

    claim: Claim
    panel: Panel
    estimate: Estimate
    worth: Worth


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that recomputes differently, or one file that is not what was sealed."""

    where: str
    sealed: object
    found: object


def judge(claim: Claim, panel: Panel, plan_document: Mapping[str, Any] | None = None) -> Judged:
    """Estimate as the locked plan says, or as the claim says where there is none; then put money on it."""
    said = panel.findings
    options, name, log, alpha = dict(claim.options), claim.estimator, claim.log, claim.alpha
    if plan_document is not None:
        plan = plan_from(plan_document)
        planned = under_plan(plan, panel)
        panel, said = planned.panel, merged(planned.findings, panel.findings)
        name, log, alpha = plan.estimator, plan.log, plan.alpha
        options = dict(plan.options or {})
        if name == "imputation" and plan.randomised():
            options = {"randomised": True, "blocks": list(planned.blocks), **options}
    else:
        says = "No plan was locked before go-live: baseline and method may have been chosen after the fact."
        said = merged(said, [warning("baseline_not_locked", says)])
    if name == "auto":
        name, _ = suggest(panel)
    working = panel.in_logs() if log else panel
    estimate = run(working, name, alpha=alpha, seed=claim.seed, options=options)
    estimate = replace(estimate, findings=merged(said, estimate.findings))
    return Judged(claim, panel, estimate, worth_of(claim, estimate))


def result_of(judged: Judged) -> dict[str, Any]:
    """Every figure of a judged claim as plain data."""
    e, w = judged.estimate, judged.worth
    said = verdict(e, judged.claim.kpi.better)  # type: ignore[arg-type]
    effect = plain(replace(e, counterfactual=None))
    return {"verdict": said.status, "says": said.says, "estimate": effect, "worth": plain(w)}


def build(judged: Judged, panel: Panel, plan_document: Mapping[str, Any] | None, software: str) -> dict[str, bytes]:
    """The files of a pack. `panel` is the panel as it was given, before the plan cut it."""
    files = {
        "panel.csv": csv_bytes(panel),
        "claim.json": canonical(sealed(as_data(judged.claim))),
        "result.json": canonical(sealed(result_of(judged))),
    }
    if plan_document is not None:
        files["plan.json"] = canonical(dict(plan_document))
    manifest = {
        "format": FORMAT,
        "software": software,
        "numpy": np.__version__,
        "columns": {"weight": panel.weight is not None, "drivers": sorted(panel.drivers)},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    files["manifest.json"] = canonical(sealed(manifest))
    return files


def csv_bytes(panel: Panel) -> bytes:
    """Long rows as CSV; floats in the shortest form that reads back exactly."""
    text = io.StringIO()
    frame = panel.frame()
    text.write(",".join(frame.columns) + "\n")
    for row in frame.iter_rows():
        text.write(",".join(_cell(v) for v in row) + "\n")
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def frozen(panel: Panel) -> Panel:
    """The panel as a pack will hold it: what is judged must be what is sealed."""
    columns = {"weight": panel.weight is not None, "drivers": sorted(panel.drivers)}
    return panel_in({"panel.csv": csv_bytes(panel)}, {"columns": columns})


def panel_in(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Panel:
    """The panel of a pack."""
    frame = pl.read_csv(io.BytesIO(files["panel.csv"]), infer_schema=False)
    columns = manifest["columns"]
    return panel_of(
        frame,
        treated="treated",
        weight="weight" if columns["weight"] else "",
        drivers=columns["drivers"],
        source="panel.csv",
    )


def recompute(files: Mapping[str, bytes]) -> tuple[Judged, dict[str, Any]]:
    """(claim judged again from the sealed inputs alone, the sealed result). Raises Corrupt(value.pack...)."""
    manifest = _opened(files, "manifest.json")
    claim = claim_of(_opened(files, "claim.json"))
    document = json.loads(files["plan.json"]) if "plan.json" in files else None
    panel = panel_in(files, manifest)
    return judge(claim, panel, document), _opened(files, "result.json")


def verify(files: Mapping[str, bytes]) -> list[Difference]:
    """What does not hold: changed files first; then figures that recompute differently, by their path."""
    manifest = _opened(files, "manifest.json")
    if manifest.get("format") != FORMAT:
        raise InvalidInput("value.pack_format", f"The pack has format {manifest.get('format')!r}; this reads {FORMAT}.")
    wanted: Mapping[str, str] = manifest["files"]
    found = []
    for name in sorted(set(wanted) | (set(files) & set(SEALED))):
        if name not in files:
            found.append(Difference(name, wanted[name][:12], "missing"))
        elif name not in wanted:
            found.append(Difference(name, "not in the manifest", "present"))
        else:
            digest = hashlib.sha256(files[name]).hexdigest()
            if digest != wanted[name]:
                found.append(Difference(name, wanted[name][:12], digest[:12]))
    if any(d.found == "missing" for d in found):
        return found
    try:
        judged, result = recompute(files)
    except Corrupt as error:
        return [*found, Difference("seal", "intact", error.message)]
    except InvalidInput as error:
        return [*found, Difference("recomputation", "a result", error.message)]
    return [*found, *differences(result, result_of(judged), "result")]


def differences(a: Any, b: Any, where: str) -> list[Difference]:
    """Leaves of two plain trees that differ; floats up to a relative 1e-9 are equal."""
    if isinstance(a, dict) and isinstance(b, dict):
        return [d for k in sorted(set(a) | set(b)) for d in differences(a.get(k), b.get(k), f"{where}.{k}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for k, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, f"{where}[{k}]")]
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (a, b))
    if numbers and math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-12):
        return []
    return [] if a == b else [Difference(where, a, b)]


def _opened(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    if name not in files:
        raise Corrupt("value.pack", f"The pack has no {name}.", hint="Give the whole folder.")
    try:
        document = json.loads(files[name])
    except ValueError as error:
        raise Corrupt("value.pack", f"{name} is not JSON: {error}.") from error
    return opened(document, name)
