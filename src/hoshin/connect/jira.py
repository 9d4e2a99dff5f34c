"""Jira: issues and their changelog by REST (Cloud or Data Center), or an export as CSV or Excel.

Issues are taken in the order of `updated`; one that changed comes again with its whole changelog and,
keyed by the history entry's id, replaces itself. JQL has no finer time than a minute and reads it in the
account's own zone, which is asked for first. Source: Jira Cloud REST v3 and Data Center REST v2 reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl

from hoshin.connect._canonical import to_canonical, with_optional
from hoshin.connect._changes import Page, changed_since
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._http import Api
from hoshin.connect._mapping import Mapping, load_mapping
from hoshin.connect._secret import Secret
from hoshin.connect._tables import read_table
from hoshin.connect._values import Unreadable
from hoshin.connect.jsonl import rows_frame
from hoshin.errors import InvalidInput

FIELDS = "created,updated,creator,reporter,assignee,status,issuetype,priority,project,resolution,resolutiondate,labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """The site at `url`, or the export at `path`.

    `api`: "cloud" (v3; `user` is the e-mail, `token` the API token) or "server" (Data Center, v2; `token`
    alone is a personal access token). `jql`: which issues, without ORDER BY. `fields`: asked for besides
    the usual ones. `mapping`: default by url or path. `time_zone`, `date_order`: of an export's dates.
    `page_rows`: issues asked for at a time.
    """

    url: str = ""
    path: str = ""
    api: Literal["cloud", "server"] = "cloud"
    jql: str = ""
    user: str = ""
    token: Secret | None = None
    fields: tuple[str, ...] = ()
    mapping: str = ""
    time_zone: str = ""
    date_order: str = ""
    page_rows: int = 100

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.path):
            raise InvalidInput("connect.where", "Give either url (the API) or path (an export).", hint="--set url=...")
        if "order by" in self.jql.lower():
            raise InvalidInput(
                "connect.jql", "jql must not sort: issues are read by their change.", hint="Cut ORDER BY."
            )
        if self.url:
            Api(self.url, self.user, self.token)

    @property
    def mode(self) -> Literal["append", "snapshot"]:
        return "append" if self.url else "snapshot"

    def about(self) -> About:
        mapping = self._mapping()
        return About(self.url or self.path, mapping.style.time_zone, mapping.currency, mapping.described())

    def _mapping(self) -> Mapping:
        which = self.mapping or ("jira-rest" if self.url else "jira-export")
        return load_mapping(which, time_zone=self.time_zone, date_order=self.date_order)

    def batches(self, state: State | None = None) -> Iterator[Batch]:
        """Canonical rows, a page of issues at a time."""
        mapping = self._mapping()
        if self.path:
            made = to_canonical(read_table(self.path), mapping, where=self.path)
            yield Batch(made.frame, None, made.unread)
            return
        api = Api(self.url, self.user, self.token)
        zone = ZoneInfo(api.get(self._rest("myself"), {}).get("timeZone", "UTC"))
        done = int((state or {}).get("rows", 0))
        pages = changed_since(
            lambda since, cursor: self._search(api, zone, since, cursor),
            state,
            moment_of=lambda issue: _minute(issue["fields"]["updated"]),
            identity_of=lambda issue: f"{issue['id']}@{issue['fields']['updated']}",
        )
        for issues, after in pages:
            frames, unread = [], list[Unreadable]()
            for table, rows in (("issue", issues), ("changelog", self._changes(api, issues))):
                if rows:
                    frame = with_optional(rows_frame(rows), mapping, table)
                    made = to_canonical(frame, mapping, where=f"the {table} records", table=table, first_row=done)
                    frames.append(made.frame)
                    unread += made.unread
            done += len(issues)
            yield Batch(pl.concat(frames, how="diagonal_relaxed"), after | {"rows": done}, tuple(unread))

    def _rest(self, what: str) -> str:
        return f"rest/api/{3 if self.api == 'cloud' else 2}/{what}"

    def _search(self, api: Api, zone: ZoneInfo, since: str, cursor: Any) -> Page:
        when = datetime.fromisoformat(since).astimezone(zone).strftime("%Y/%m/%d %H:%M") if since else "1970/01/02"
        asked = f'{f"({self.jql}) AND " if self.jql else ""}updated >= "{when}" ORDER BY updated ASC, key ASC'
        parameters: dict[str, Any] = {
            "jql": asked,
            "maxResults": self.page_rows,
            "fields": ",".join([FIELDS, *self.fields]),
            "expand": "changelog",
        }
        if self.api == "cloud":
            answer = api.get(self._rest("search/jql"), parameters | {"nextPageToken": cursor})
            issues = self._list(answer, "issues", api)
            return Page(issues, None if answer.get("isLast") else answer.get("nextPageToken"))
        answer = api.get(self._rest("search"), parameters | {"startAt": cursor or 0})
        issues = self._list(answer, "issues", api)
        end = answer["startAt"] + len(issues)
        return Page(issues, end if issues and end < answer["total"] else None)

    def _changes(self, api: Api, issues: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """One row per changed field: the history entry, its item and the issue it belongs to."""
        rows = []
        for issue in issues:
            log = issue.pop("changelog", None) or {}
            histories = log.get("histories", [])
            if self.api == "cloud" and len(histories) < log.get("total", 0):
                histories = self._whole_changelog(api, issue["id"])
            for history in histories:
                for number, item in enumerate(history["items"]):
                    entry = {k: v for k, v in history.items() if k != "items"}
                    rows.append({"issue": issue, "history": entry, "item": item | {"number": number}})
        return rows

    def _whole_changelog(self, api: Api, issue: str) -> list[dict[str, Any]]:
        """A search answers at most some tens of histories; the rest is behind the issue."""
        found: list[dict[str, Any]] = []
        while True:
            answer = api.get(self._rest(f"issue/{issue}/changelog"), {"startAt": len(found), "maxResults": 100})
            values = self._list(answer, "values", api)
            found += values
            if answer.get("isLast", True) or not values:
                return found

    def _list(self, answer: Any, name: str, api: Api) -> list[dict[str, Any]]:
        rows = answer.get(name) if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise InvalidInput(
                "connect.shape", f"{api.url} answered without a list {name!r}.", hint="Check url and api."
            )
        return rows


def _minute(text: str) -> str:
    """Jira's 2024-03-01T10:15:30.123+0100 as UTC, cut to the minute: text that sorts."""
    when = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    return when.replace(second=0, microsecond=0).isoformat()
