"""Schemathesis against the application: whatever the description allows, or just not, the answer is a described one.

Bounded in time. `positive_data_acceptance` is left out: whether a log or a record of that name is there is not
something a schema can say, so a well-formed request may well be answered 422 or 404.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from hoshin.http.app import build
from hoshin.log.eventlog import EventLog
from hoshin.service import record
from hoshin.service._workspace import create

load_all_checks()
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]
# They start processes or wait: tests/service/test_job.py.
LEFT_OUT = r"/v1/(job/(start|restart|wait)|workspace/.*)"


def test_every_answer_is_described(tmp_path: Path) -> None:
    ws = create(tmp_path / "ws")
    ws.logs.write(EventLog.from_traces(["abc", "abc", "ac"]), "orders")
    fields = "{id: w1, title: Late, owner: ben, rule: day 5, reason: system move in June, expires_on: 2026-12-31}"
    record.write(ws, "waiver", fields=fields)
    schema = schemathesis.openapi.from_asgi("/openapi.json", build(ws, console="hsh_fuzz"))
    seen = 0
    for found in schema.exclude(path_regex=LEFT_OUT).get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            seen += fuzz(operation.as_strategy(generation_mode=mode))

    assert seen > 500


def fuzz(cases: Any) -> int:
    """Call the application with cases of one operation; how many there were."""
    seen = 0

    @settings(
        max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def each(case: Any) -> None:
        nonlocal seen
        seen += 1
        # In a query a list of one thing and that thing are the same text: a "wrong type" that nobody can see.
        lists = any(p.definition.get("schema", {}).get("type") == "array" for p in case.operation.query)
        checks = [c for c in CHECKS if not (lists and c is negative_data_rejection)]
        case.call_and_validate(headers={"Authorization": "Bearer hsh_fuzz"}, checks=checks)

    with suppress(Unsatisfiable):  # an operation without parameters has no wrong ones
        each()
    return seen
