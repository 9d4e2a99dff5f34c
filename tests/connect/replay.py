"""A local HTTP server that answers as ServiceNow's Table API and Jira's REST do, and misbehaves on request."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Replay:
    """`answer(path, parameters, authorization)` gives the normal answer; `faults` come first, one per request."""

    answer: Callable[[str, dict[str, str], str], tuple[int, Any]]
    faults: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def reply(self, raw: str, authorization: str) -> Answer:
        parts = urlsplit(raw)
        parameters = {k: v[0] for k, v in parse_qs(parts.query).items()}
        self.asked.append((parts.path, parameters))
        status, found = self.answer(parts.path, parameters, authorization)
        body = json.dumps(found).encode()
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "429":
            return 429, {"Retry-After": "0"}, b'{"errorMessages": ["Rate limit exceeded"]}'
        if fault == "503":
            return 503, {"Retry-After": "0"}, b"<html>down</html>"
        if fault == "401":
            return 401, {}, b'{"error": {"message": "User Not Authenticated", "detail": "Required to provide Auth"}}'
        if fault == "cut":
            return 200, {"Content-Type": "application/json"}, body[: len(body) // 2]
        if fault == "short":
            return 200, {"Content-Type": "application/json", "Content-Length": str(len(body))}, body[: len(body) // 2]
        if fault == "login":
            return 200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html><title>Log in</title></html>"
        if fault == "elsewhere":
            return 302, {"Location": "http://localhost:9/login"}, b""
        return status, {"Content-Type": "application/json;charset=UTF-8"}, body


@contextmanager
def serving(replay: Replay) -> Iterator[Replay]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = replay.reply(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    replay.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield replay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def servicenow(tables: dict[str, list[dict[str, str]]], expected: str) -> Replay:
    """The Table API over `tables`: conditions =, >=, IN; ORDERBY; limit and offset."""

    def answer(path: str, parameters: dict[str, str], authorization: str) -> tuple[int, Any]:
        if authorization != expected:
            return 401, {"error": {"message": "User Not Authenticated", "detail": ""}, "status": "failure"}
        name = path.removeprefix("/api/now/table/")
        if name not in tables:
            return 400, {"error": {"message": f"Invalid table {name}", "detail": None}, "status": "failure"}
        rows = list(tables[name])
        orders = []
        for condition in parameters["sysparm_query"].split("^"):
            if condition.startswith("ORDERBY"):
                orders.append(condition.removeprefix("ORDERBY"))
                continue
            found = re.fullmatch(r"(\w+?)(>=|=|IN)(.*)", condition)
            assert found, condition
            column, sign, value = found.groups()
            if sign == ">=":
                rows = [r for r in rows if r[column] >= value]
            elif sign == "=":
                rows = [r for r in rows if r[column] == value]
            else:
                rows = [r for r in rows if r[column] in value.split(",")]
        for order in reversed(orders):
            rows.sort(key=lambda r: r[order])
        offset = int(parameters["sysparm_offset"])
        return 200, {"result": rows[offset : offset + int(parameters["sysparm_limit"])]}

    return Replay(answer)


def jira(issues: list[dict[str, Any]], expected: str, *, api: str, zone: str, in_search: int = 2) -> Replay:
    """Search and changelog; JQL's time is a minute in `zone`. Cloud gives `in_search` histories per issue."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    def changed(issue: dict[str, Any]) -> datetime:
        return datetime.strptime(issue["fields"]["updated"], "%Y-%m-%dT%H:%M:%S.%f%z")

    def answer(path: str, parameters: dict[str, str], authorization: str) -> tuple[int, Any]:
        if authorization != expected:
            return 401, {"errorMessages": ["You are not authenticated."], "errors": {}}
        if path.endswith("/myself"):
            return 200, {"displayName": "Reader", "timeZone": zone}
        single = re.search(r"/issue/(\w+)/changelog$", path)
        if single:
            histories = next(i for i in issues if i["id"] == single[1])["changelog"]["histories"]
            start, most = int(parameters["startAt"]), 2
            values = histories[start : start + most]
            return 200, {
                "startAt": start, "maxResults": most, "total": len(histories),
                "isLast": start + most >= len(histories), "values": values,
            }  # fmt: skip
        found = re.search(r'updated >= "([^"]+)" ORDER BY updated ASC, key ASC$', parameters["jql"])
        assert found, parameters["jql"]
        when = "1970/01/02 00:00" if found[1] == "1970/01/02" else found[1]
        since = datetime.strptime(when, "%Y/%m/%d %H:%M").replace(tzinfo=ZoneInfo(zone))
        fits = sorted((i for i in issues if changed(i) >= since), key=lambda i: (changed(i), i["key"]))
        most = int(parameters["maxResults"])
        start = int(parameters.get("nextPageToken", parameters.get("startAt", 0)))
        page = [json.loads(json.dumps(i)) for i in fits[start : start + most]]
        if api == "cloud":
            for issue in page:
                log = issue["changelog"]
                log |= {"total": len(log["histories"]), "histories": log["histories"][:in_search]}
            last = start + most >= len(fits)
            return 200, {"issues": page, "isLast": last} | ({} if last else {"nextPageToken": str(start + most)})
        return 200, {"startAt": start, "maxResults": most, "total": len(fits), "issues": page}

    return Replay(answer)
