"""ServiceNow: the Table API (records and their audit history), or an export as CSV or Excel.

REST: records of `table` are taken in the order of `sys_updated_on`; for each page the audit rows
(`sys_audit`) of its records are fetched, so a case that changed comes again whole and, keyed by the
audit row's sys_id, replaces itself. The API speaks UTC. Source: ServiceNow Table API documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from hoshin.connect._canonical import to_canonical
from hoshin.connect._changes import Page, changed_since
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._http import Api
from hoshin.connect._mapping import Mapping, load_mapping
from hoshin.connect._secret import Secret
from hoshin.connect._tables import read_table
from hoshin.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """The instance at `url`, or the export at `path`.

    `table`: what a case is (incident, problem, change_request, sc_req_item). `query`: an encoded query to
    narrow it. `user` with `password`, or `token` (OAuth bearer): references. `audit_fields`: fields whose
    changes become events; the account needs to read sys_audit. `mapping`: default by url or path.
    `date_order`, `time_zone`: for exports, which are written the way their user reads dates.
    `since`: only records changed from then on (UTC). `page_rows`: records asked for at a time.
    """

    url: str = ""
    path: str = ""
    table: str = "incident"
    query: str = ""
    user: str = ""
    password: Secret | None = None
    token: Secret | None = None
    audit_fields: tuple[str, ...] = ("state", "assignment_group")
    since: str = "1970-01-01 00:00:00"
    mapping: str = ""
    time_zone: str = ""
    date_order: str = ""
    page_rows: int = 500

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.path):
            raise InvalidInput("connect.where", "Give either url (the API) or path (an export).", hint="--set url=...")
        if self.url:
            self._api()

    @property
    def mode(self) -> Literal["append", "snapshot"]:
        return "append" if self.url else "snapshot"

    def about(self) -> About:
        mapping = self._mapping()
        where = f"{self.table} of {self.url}" if self.url else self.path
        return About(where, mapping.style.time_zone, mapping.currency, mapping.described())

    def batches(self, state: State | None = None) -> Iterator[Batch]:
        """Canonical rows, a page of records at a time."""
        mapping = self._mapping()
        if self.path:
            made = to_canonical(read_table(self.path), mapping, where=self.path)
            yield Batch(made.frame, None, made.unread)
            return
        api = self._api()
        done = int((state or {}).get("rows", 0))
        pages = changed_since(
            lambda since, cursor: self._records(api, since, cursor),
            state,
            since=self.since,
            moment_of=lambda r: str(r["sys_updated_on"]),
            identity_of=lambda r: f"{r['sys_id']}@{r['sys_updated_on']}@{r.get('sys_mod_count', '')}",
        )
        for records, after in pages:
            cases = _frame(records)
            made = to_canonical(cases, mapping, where=f"table {self.table}", table="record", first_row=done)
            frames, unread = [made.frame], made.unread
            audit = self._audit(api, [r["sys_id"] for r in records])
            if audit:
                rows = _frame(audit).join(
                    cases.select(pl.all().name.prefix("record.")),
                    left_on="documentkey", right_on="record.sys_id", how="left", maintain_order="left",
                )  # fmt: skip
                made = to_canonical(rows, mapping, where="table sys_audit", table="sys_audit", first_row=done)
                frames, unread = [*frames, made.frame], unread + made.unread
            done += len(records)
            yield Batch(pl.concat(frames, how="diagonal_relaxed"), after | {"rows": done}, unread)

    def _mapping(self) -> Mapping:
        which = self.mapping or ("servicenow-rest" if self.url else "servicenow-export")
        return load_mapping(which, time_zone=self.time_zone, date_order=self.date_order)

    def _api(self) -> Api:
        return Api(self.url, "" if self.token else self.user, self.token or self.password)

    def _records(self, api: Api, since: str, cursor: Any) -> Page:
        narrowed = f"{self.query}^" if self.query else ""
        asked = f"{narrowed}sys_updated_on>={since}^ORDERBYsys_updated_on^ORDERBYsys_id"
        return self._page(api, self.table, asked, int(cursor or 0))

    def _audit(self, api: Api, ids: list[str]) -> list[dict[str, Any]]:
        """Audit rows of the records `ids`, oldest first."""
        found: list[dict[str, Any]] = []
        if not self.audit_fields:
            return found
        for at in range(0, len(ids), 100):
            keys, fields = ",".join(ids[at : at + 100]), ",".join(self.audit_fields)
            asked = (
                f"tablename={self.table}^documentkeyIN{keys}^fieldnameIN{fields}^ORDERBYsys_created_on^ORDERBYsys_id"
            )
            offset: Any = 0
            while offset is not None:
                page = self._page(api, "sys_audit", asked, offset)
                found += page.rows
                offset = page.next
        return found

    def _page(self, api: Api, table: str, asked: str, offset: int) -> Page:
        parameters = {
            "sysparm_query": asked,
            "sysparm_limit": self.page_rows,
            "sysparm_offset": offset,
            "sysparm_display_value": "false",
            "sysparm_exclude_reference_link": "true",
        }
        try:
            answer = api.get(f"api/now/table/{table}", parameters)
        except NotFound as error:
            if "No Record found" in error.message:  # how older releases say: an empty result
                return Page([])
            raise
        rows = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise InvalidInput(
                "connect.shape", f"{api.url} answered {table} without a result list.", hint="Check the url and table."
            )
        return Page(rows, offset + len(rows) if len(rows) >= self.page_rows else None)


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Records as text columns; a reference that is still {"link", "value"} is its value."""
    names = list(dict.fromkeys(k for row in rows for k in row))

    def shown(value: Any) -> str | None:
        if isinstance(value, dict):
            value = value.get("value")
        return None if value is None else str(value)

    return pl.DataFrame({n: pl.Series([shown(r.get(n)) for r in rows], dtype=pl.String) for n in names})
