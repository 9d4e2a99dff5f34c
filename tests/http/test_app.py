"""The server: who gets in, what each role may do on every route, one shape of error, keys, tags, pages, jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from hoshin.http.app import build
from hoshin.http.openapi import description
from hoshin.http.routes import offered, path_of
from hoshin.log.eventlog import EventLog
from hoshin.records.actor import ROLES
from hoshin.service import access
from hoshin.service._workspace import Workspace, create

WAIVER = {"title": "Late report", "owner": "ben", "rule": "day 5", "reason": "system move in June"}
WAIVER |= {"expires_on": "2026-12-31"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = create(tmp_path_factory.mktemp("served") / "ws")
    ws.logs.write(EventLog.from_traces(["abc", "abc", "ac"]), "orders")
    return ws


@pytest.fixture(scope="module")
def tokens(served: Workspace) -> dict[str, str]:
    """A person for each role, named like it."""
    for role in ROLES:
        access.add(served, role, role=[role])
    return {role: access.token(served, role)["token"] for role in ROLES}


@pytest.fixture(scope="module")
def client(served: Workspace) -> Iterator[TestClient]:
    with TestClient(build(served), raise_server_exceptions=False) as client:
        yield client


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in more.items()}}


def test_every_route_as_every_role(client: TestClient, served: Workspace, tokens: dict[str, str]) -> None:
    """A role gets 403 exactly where the policy says no, and each refusal is on the ledger. No token: always 401."""
    before, refused = len(served.ledger.entries(action="access.refused")), 0
    for use in offered():
        method = "POST" if use.writes else "GET"
        assert client.request(method, path_of(use)).status_code == 401
        for role, token in tokens.items():
            answer = client.request(method, path_of(use), headers=bearer(token), json={} if use.writes else None)
            told = served.policy.allows(frozenset({role}), "write" if use.writes else "read", f"{use.area}.{use.name}")
            needed = any(p.required for p in use.parameters)
            if told:
                fine = (422,) if needed else (200, 404, 409, 422)
                assert answer.status_code in fine, (role, use.area, use.name, answer.text)
            else:
                refused += 1
                assert answer.status_code == 403, (role, use.area, use.name)
                assert answer.json()["code"] == "access.denied"

    assert refused > 100
    assert len(served.ledger.entries(action="access.refused")) - before == refused


def test_required_parameters_do_not_hide_a_refusal(client: TestClient, tokens: dict[str, str]) -> None:
    given = {"name": "mallory", "role": ["admin"]}
    for role, token in tokens.items():
        answer = client.post("/v1/access/add", headers=bearer(token), json=given)
        assert answer.status_code == (200 if role == "admin" else 403), role
        if role != "admin":
            assert client.get("/v1/access/users", headers=bearer(token)).status_code == (
                200 if role == "auditor" else 403
            )


def test_a_decision_through_http(client: TestClient, served: Workspace, tokens: dict[str, str]) -> None:
    """Write, conflict, propose, self-approval refused, approve, enact, history: as three people."""
    author, risk = bearer(tokens["analyst"]), bearer(tokens["risk"])
    made = client.put("/v1/records/waiver/late", headers=author | {"If-None-Match": "*"}, json=WAIVER)
    assert (made.status_code, made.json()["rev"]) == (201, 1)
    assert (
        client.put("/v1/records/waiver/late", headers=author | {"If-None-Match": "*"}, json=WAIVER).status_code == 409
    )
    changed = WAIVER | {"reason": "system move in July"}
    again = client.put("/v1/records/waiver/late", headers=author | {"If-Match": made.headers["etag"]}, json=changed)
    assert (again.status_code, again.json()["rev"]) == (200, 2)
    stale = client.put("/v1/records/waiver/late", headers=author | {"If-Match": made.headers["etag"]}, json=WAIVER)
    assert (stale.status_code, stale.json()["code"]) == (409, "http.moved")

    assert client.post("/v1/records/waiver/late/propose", headers=author).json()["missing"] == ["1 x risk"]
    own = client.post("/v1/records/waiver/late/approve", headers=author)
    assert (own.status_code, own.json()["code"]) == (403, "record.vote")
    yes = client.post("/v1/records/waiver/late/approve", headers=risk, json={"comment": "fine"})
    assert yes.json()["state"] == "approved"
    assert client.post("/v1/records/waiver/late/enact", headers=author).json()["state"] == "in_force"
    read = client.get("/v1/records/waiver/late", headers=risk)
    assert read.json()["votes"][0]["by"] == "risk"
    same = client.get("/v1/records/waiver/late", headers=risk | {"If-None-Match": read.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    history = client.get("/v1/records/waiver/late/history", headers=risk).json()
    assert [h["act"] for h in history] == ["write", "write", "propose", "approve", "enact"]
    refusals = [e.data["code"] for e in served.ledger.entries(action="access.refused")]
    assert "record.vote" in refusals


def test_an_idempotency_key_answers_once(client: TestClient, served: Workspace, tokens: dict[str, str]) -> None:
    head = bearer(tokens["analyst"], Idempotency_Key="k-1")
    body = {"kind": "waiver", "fields": json.dumps(WAIVER | {"id": "keyed"})}
    first = client.post("/v1/record/write", headers=head, json=body)
    client.post(
        "/v1/record/comment", headers=bearer(tokens["risk"]), json={"kind": "waiver", "id": "keyed", "text": "x"}
    )
    size = served.ledger.head()[0]
    second = client.post("/v1/record/write", headers=head, json=body)

    assert first.status_code == second.status_code == 200
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert served.ledger.head()[0] == size
    assert client.post("/v1/record/write", headers=head, json={"kind": "waiver", "fields": "{}"}).status_code == 422
    token = client.post("/v1/access/token", headers=bearer(tokens["admin"], Idempotency_Key="k"), json={"name": "risk"})
    assert token.status_code == 422, "a token is never kept"


def test_pages_link_to_the_next(client: TestClient, tokens: dict[str, str]) -> None:
    head = bearer(tokens["analyst"])
    for n in range(7):
        assert client.put(f"/v1/records/waiver/page-{n}", headers=head, json=WAIVER).status_code == 201
    seen, url = [], "/v1/records?kind=waiver&limit=3&text=page-"
    while url:
        answer = client.get(url, headers=head)
        seen += [r["id"] for r in answer.json()["records"]]
        link = answer.headers.get("link", "")
        url = link.partition(">")[0].lstrip("<")

    assert [s for s in seen if s.startswith("page-")] == [f"page-{n}" for n in range(7)]


@pytest.mark.parametrize(
    ("method", "url", "body", "status", "code"),
    [
        ("GET", "/v1/mine/variants", None, 422, "service.missing"),
        ("GET", "/v1/mine/variants?log=orders&tob=3", None, 422, "service.parameter"),
        ("GET", "/v1/mine/variants?log=orders&top=three", None, 422, "service.parameter"),
        ("GET", "/v1/mine/variants?log=nothing", None, 404, "log.none"),
        ("POST", "/v1/record/write", "{", 422, "http.json"),
        ("POST", "/v1/record/write", "[]", 422, "http.json"),
        ("POST", "/v1/log/import", '{"file": "/etc/passwd"}', 422, "http.path"),
        ("POST", "/v1/log/import", '{"file": "../hoshin.toml"}', 422, "http.path"),
        ("GET", "/v1/nothing", None, 404, "http.404"),
        ("DELETE", "/v1/records", None, 405, "http.405"),
        ("PUT", "/v1/records/waiver/a", '{"id": "b"}', 422, "http.id"),
        ("POST", "/v1/records/waiver/page-1/sing", "{}", 404, "http.act"),
        ("GET", "/v1/records/wavier/a", None, 422, "shelf.unknown"),
        ("GET", "/v1/files/nothing", None, 404, "http.file"),
    ],
)
def test_errors_have_one_shape(
    client: TestClient, tokens: dict[str, str], method: str, url: str, body: str | None, status: int, code: str
) -> None:
    answer = client.request(method, url, headers=bearer(tokens["analyst"]), content=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "hint"} <= answer.json().keys()


def test_a_crash_tells_the_caller_a_number_and_nothing_else(
    client: TestClient, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hoshin.records.ledger import Ledger

    def broken(self: Ledger) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Ledger, "head", broken)
    answer = client.get("/healthz")

    assert answer.status_code == 500
    assert "incident" in answer.json()["detail"]
    assert "secret" not in answer.text


def test_files_and_a_job_to_its_end(client: TestClient, served: Workspace, tokens: dict[str, str]) -> None:
    head = bearer(tokens["analyst"])
    text = b"case_id,activity,timestamp\n1,a,2026-01-01\n1,b,2026-01-02\n"
    assert client.put("/v1/files/in/tiny.csv", headers=head, content=text).status_code == 201
    assert client.get("/v1/files/in/tiny.csv", headers=head).content == text
    assert client.put("/v1/files/x.csv", headers=bearer(tokens["auditor"]), content=text).status_code == 403
    asked = {"file": "in/tiny.csv", "name": "tiny"}
    begun = client.post("/v1/log/import", headers=head | {"Prefer": "respond-async"}, json=asked)
    assert begun.status_code == 202
    where = begun.headers["location"]
    assert client.get(where, headers=bearer(tokens["owner"])).status_code == 404, "someone else's job"
    done = client.get(where.replace("get?", "wait?") + "&seconds=60", headers=head).json()

    assert (done["state"], done["result"]["events"]) == ("done", 2), done
    assert served.log("tiny").n_events == 2
    assert served.ledger.entries(action="use.log.import_")[-1].actor == begun_by(served, "analyst")


def begun_by(ws: Workspace, name: str) -> str:
    found: str = next(p["id"] for p in access.users(ws) if p["name"] == name)
    return found


def test_login_gives_a_token_for_a_day(client: TestClient, served: Workspace, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("correct horse battery\n")
    access.add(served, "petra", role=["owner"], password_file=tmp_path / "p")
    wrong = client.post("/v1/login", json={"name": "petra", "password": "nope"})
    assert (wrong.status_code, wrong.headers["www-authenticate"][:6]) == (401, "Bearer")
    token = client.post("/v1/login", json={"name": "petra", "password": "correct horse battery"}).json()["token"]

    assert client.get("/v1/access/whoami", headers=bearer(token)).json()["name"] == "petra"
    assert client.post("/v1/login", json={"name": "petra"}).status_code == 422


def test_a_body_too_large_is_refused(served: Workspace, tokens: dict[str, str]) -> None:
    from dataclasses import replace

    small = replace(served, settings=replace(served.settings, serve_body_bytes=100))
    with TestClient(build(small)) as client:
        answer = client.put("/v1/files/big", headers=bearer(tokens["analyst"]), content=b"x" * 101)

    assert (answer.status_code, answer.json()["code"]) == (422, "http.size")


def test_the_console_token_is_the_local_user(served: Workspace) -> None:
    with TestClient(build(served, console="hsh_test")) as client:
        assert client.get("/v1/access/whoami", headers=bearer("hsh_test")).json()["name"] == "local"
        assert client.get("/v1/access/whoami", headers=bearer("hsh_other")).status_code == 401


def test_the_description_names_every_use_case() -> None:
    paths = description()["paths"]

    assert all(path_of(use) in paths for use in offered())
    assert description()["openapi"] == "3.1.0"
    json.dumps(description())


def test_a_real_server_answers(served: Workspace, tokens: dict[str, str]) -> None:
    """uvicorn on a free port of loopback, spoken to over a socket."""
    import threading
    import time

    import uvicorn

    server = uvicorn.Server(uvicorn.Config(build(served), host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        found: Any = httpx2.get(
            f"http://127.0.0.1:{port}/v1/mine/variants", params={"log": "orders"}, headers=bearer(tokens["analyst"])
        )
        assert found.json()["variants"] == 2
    finally:
        server.should_exit = True
        thread.join()
