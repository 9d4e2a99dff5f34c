"""The TOML file of a claim: its data, columns and plan are read here; the rest is the claim's plain form."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hoshin.errors import InvalidInput, NotFound
from hoshin.service._savings import read_rows

if TYPE_CHECKING:
    from hoshin.service._workspace import Workspace
    from hoshin.value.claim import Claim
    from hoshin.value.pack import Judged
    from hoshin.value.panel import Panel

COLUMNS = {"unit", "period", "outcome", "treated_from", "treated", "weight", "drivers", "never"}


def read(file: Path) -> tuple[Claim, Panel, str]:
    """(claim, panel, name of the locked plan or "")."""
    from hoshin.value.claim import claim_of
    from hoshin.value.rows import panel_of

    if not file.is_file():
        raise NotFound("value.file", f"There is no file {file}.")
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise InvalidInput("value.toml", f"{file.name} is no TOML: {error}.") from error
    data = content.pop("data", None)
    if not isinstance(data, dict) or "file" not in data:
        raise InvalidInput("value.claim", f"{file.name} lacks [data] with a file.", hint='[data]\nfile = "kpi.csv"')
    plan = content.pop("plan", {})
    for name in data:
        if name not in {*COLUMNS, "file", "exclude"}:
            raise InvalidInput.unknown("value.claim_field", "field of data", name, {*COLUMNS, "file", "exclude"})
    source = file.parent / str(data.pop("file"))
    exclude = data.pop("exclude", None)
    panel = panel_of(read_rows(source), source=source.name, **data)
    if exclude:
        panel = panel.without(str(exclude[0]), str(exclude[1]))
    return claim_of(content), panel, str(plan.get("name", ""))


def record(ws: Workspace, judged: Judged, files: Mapping[str, bytes]) -> str:
    """Write the claim into the book of records as a draft `saving`; returns kind/id."""
    from hoshin.records.kinds.saving import Saving

    worth, claim = judged.worth, judged.claim

    def money(value: float) -> Decimal:
        return Decimal(f"{value:.2f}")

    ws.book.save(
        Saving(
            id=claim.id,
            title=claim.title,
            owner=claim.owner,
            review_on=claim.remeasure_on,
            verified_by=claim.verified_by,
            kpi=f"{claim.kpi.id}@{claim.kpi.version}",
            saving_kind=claim.money.kind,  # type: ignore[arg-type]
            recurrence=claim.money.recurrence,  # type: ignore[arg-type]
            shown=worth.certified,
            currency=worth.currency,
            net_low=money(worth.net.low),
            net_likely=money(worth.net.likely),
            net_high=money(worth.net.high),
            bankable=money(worth.bankable),
            pack_sha256=hashlib.sha256(files["manifest.json"]).hexdigest(),
        ),
        ws.actor,
    )
    return f"saving/{claim.id}"
