"""Jira: histories behind the issue, minutes in the account's zone, exports."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hoshin.connect._connector import make
from hoshin.connect.jira import Connector
from hoshin.errors import InvalidInput
from tests.connect.sources import jira

EXPORT = """\
Summary,Issue key,Issue id,Status,Reporter,Assignee,Created,Updated,Resolved,Comment,Comment
"Fix, please",OPS-1,10001,Done,ann,bob,01/Mar/24 10:15 AM,02/Mar/24 1:05 PM,02/Mar/24 1:05 PM,a,b
Later,OPS-2,10002,To Do,ann,,03/Mar/24 12:00 AM,03/Mar/24 12:00 AM,,,
"""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSHIN_TEST_SECRET", "hunter2-hunter2")


def test_a_long_changelog_is_fetched_behind_its_issue(tmp_path: Path) -> None:
    with jira(tmp_path) as made:
        list(make(made.kind, made.settings).batches())
        behind = [path for path, _ in made.notes["server"].asked if path.endswith("/changelog")]

    assert behind, "issues with more histories than a search gives"
    assert all(path.startswith("/rest/api/3/issue/") for path in behind)


def test_time_in_a_query_is_that_of_the_account(tmp_path: Path) -> None:
    """07:01 UTC is 03:01 in New York: asking with 07:01 would lose four hours of changes."""
    with jira(tmp_path) as made:
        list(make(made.kind, made.settings).batches())
        asked = [p["jql"] for _, p in made.notes["server"].asked if "jql" in p]

    assert 'updated >= "2024/03/20 03:01"' in asked[1]


def test_a_jql_narrows_and_must_not_sort(tmp_path: Path) -> None:
    source = Connector(url="https://x.example", jql="project = OPS")
    assert source.mode == "append"
    with pytest.raises(InvalidInput, match="must not sort"):
        Connector(url="https://x.example", jql="project = OPS order by created")
    with pytest.raises(InvalidInput, match="either url"):
        Connector()


def test_an_export_in_the_zone_of_its_account(tmp_path: Path) -> None:
    path = tmp_path / "jira.csv"
    path.write_text(EXPORT, encoding="utf-8")
    (batch,) = Connector(path=str(path), time_zone="Europe/Berlin").batches()
    frame = batch.frame.sort("timestamp")

    assert frame.select("case_id", "activity", "resource").rows() == [
        ("OPS-1", "Created", "ann"),
        ("OPS-1", "Resolved", "bob"),
        ("OPS-2", "Created", "ann"),
    ]
    assert frame["timestamp"][0] == datetime(2024, 3, 1, 9, 15, tzinfo=UTC)
    assert frame["Comment_2"][0] == "b"
