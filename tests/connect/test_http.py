"""What happens when an API says no, later, something else, or half of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hoshin.connect import _http
from hoshin.connect._changes import Page, changed_since
from hoshin.connect._connector import make
from hoshin.connect._http import Api
from hoshin.connect._secret import Secret
from hoshin.errors import Denied, HoshinError, InvalidInput, NotFound, Unavailable
from tests.connect.replay import Replay, serving
from tests.connect.sources import jira, servicenow

PASSING = {"429": "waited for", "503": "waited for", "cut": "asked again", "short": "asked again"}
FINAL = {
    "401": (Denied, "connect.denied", "User Not Authenticated"),
    "login": (Denied, "connect.login_page", "wants a login"),
    "elsewhere": (Denied, "connect.redirect", "localhost:9"),
}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSHIN_TEST_SECRET", "hunter2-hunter2")
    monkeypatch.setattr(time, "sleep", lambda s: None)


@pytest.mark.parametrize("system", [servicenow, jira], ids=["servicenow", "jira"])
@pytest.mark.parametrize("fault", sorted(PASSING))
def test_a_passing_fault_costs_no_event(system: object, fault: str, tmp_path: Path) -> None:
    with system(tmp_path) as made:  # type: ignore[operator]
        whole = sum(b.frame.height for b in make(made.kind, made.settings).batches())
        made.notes["server"].faults[:] = ["", fault, fault, "", fault]
        again = sum(b.frame.height for b in make(made.kind, made.settings).batches())

        assert again == whole == len(made.events)
        assert made.notes["server"].faults == []


@pytest.mark.parametrize("system", [servicenow, jira], ids=["servicenow", "jira"])
@pytest.mark.parametrize("fault", sorted(FINAL))
def test_a_refusal_is_told_at_once_and_without_the_secret(system: object, fault: str, tmp_path: Path) -> None:
    kind, code, says = FINAL[fault]
    with system(tmp_path) as made:  # type: ignore[operator]
        made.notes["server"].faults[:] = [fault]
        with pytest.raises(kind) as caught:
            list(make(made.kind, made.settings).batches())

        assert caught.value.code == code
        assert says in caught.value.message
        assert "hunter2" not in str(caught.value)
        assert len(made.notes["server"].asked) == 1


def test_a_wrong_secret_is_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSHIN_TEST_SECRET", "wrong")
    with jira(tmp_path) as made, pytest.raises(Denied, match="not authenticated"):
        list(make(made.kind, made.settings).batches())


def test_retry_after_is_obeyed_as_seconds_and_as_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _http._after_s("7") == 7.0
    assert _http._after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert _http._after_s("soon") is None
    assert _http._after_s(None) is None
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    with serving(Replay(lambda *a: (503, {}))) as server, pytest.raises(Unavailable, match="after 6 tries"):
        Api(server.url).get("x", {})
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]


def test_other_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for status, kind in ((404, NotFound), (400, InvalidInput)):
        body = {"error": {"message": "Invalid table foo", "detail": ""}}
        with serving(Replay(lambda *a, s=status, b=body: (s, b))) as server, pytest.raises(kind, match="Invalid table"):
            Api(server.url).get("x", {})
    with pytest.raises(Unavailable, match="no connection"):
        Api("http://127.0.0.1:1").get("x", {})


@pytest.mark.parametrize("url", ["ftp://x", "https://u:pw@x", "x"])
def test_a_url_that_would_not_do(url: str) -> None:
    with pytest.raises(HoshinError) as caught:
        Api(url)
    assert "pw" not in str(caught.value)


def test_secrets_do_not_travel_unencrypted() -> None:
    with pytest.raises(InvalidInput, match="unencrypted"):
        Api("http://jira.example.org", secret=Secret("env:X"))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 50])
def test_records_that_change_while_they_are_read_are_not_skipped(size: int) -> None:
    """After every page an unread record changes and moves to the end; each is seen in its last form."""
    table = {i: {"id": str(i), "at": f"{i // 4:03d}"} for i in range(20)}
    clock = iter(range(100, 200))
    moved = iter([7, 12, 13, 18])

    def fetch(since: str, cursor: object) -> Page:
        rows = sorted((dict(r) for r in table.values() if r["at"] >= since), key=lambda r: (r["at"], int(r["id"])))
        start = int(cursor or 0)  # type: ignore[call-overload]
        part = rows[start : start + size]
        who = next(moved, None)
        if who is not None:
            table[who]["at"] = f"{next(clock):03d}"
        return Page(part, start + size if len(part) == size else None)

    def read() -> list[tuple[str, str]]:
        pages = changed_since(
            fetch, None, moment_of=lambda r: r["at"], identity_of=lambda r: r["id"] + "@" + r["at"]
        )  # fmt: skip
        return [(r["id"], r["at"]) for rows, _ in pages for r in rows]

    first = dict(read())
    assert set(first) == {str(i) for i in range(20)}
    list(moved)
    assert sorted(read()) == sorted((r["id"], r["at"]) for r in table.values())
