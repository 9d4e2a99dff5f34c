"""People, tokens, passwords, an identity provider, and what each may do."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import polars as pl
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from hoshin.errors import Conflict, Denied, InvalidInput, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.records.actor import Actor
from hoshin.records.policy import DEFAULT, load, parse
from hoshin.service import _identity, access
from hoshin.service._door import perform, signed_in
from hoshin.service._use_case import load as use
from hoshin.service._workspace import Workspace
from hoshin.store import people


def actor(*roles: str, units: str = "*") -> Actor:
    return Actor("s:0123456789abcdef", "someone", frozenset(roles), frozenset([units]))


def test_a_token_acts_with_the_roles_of_its_person(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    access.add(ws, "anna", role=["analyst"], unit=["de"])
    given = access.token(ws, "anna", label="laptop", days=1)
    monkeypatch.setenv("HOSHIN_TOKEN", given["token"])

    me = signed_in(ws).actor
    assert (me.name, me.roles, me.units) == ("anna", {"analyst"}, {"de"})
    assert given["token"] not in (ws.root / "records" / "records.db").read_bytes().decode("latin1")
    access.revoke(ws, given["id"])
    with pytest.raises(Denied, match="revoked"):
        signed_in(ws)
    with pytest.raises(NotFound, match="no live token"):
        access.revoke(ws, given["id"])


def test_an_expired_token_and_a_person_switched_off_get_nothing(ws: Workspace) -> None:
    access.add(ws, "anna", role=["analyst"])
    token = access.token(ws, "anna", days=1)["token"]
    assert _identity.by_token(ws, token).name == "anna"
    access.change(ws, "anna", active=False)
    with pytest.raises(Denied):
        _identity.by_token(ws, token)
    access.change(ws, "anna", active=True)
    with ws.database.write() as held:
        held.rows("UPDATE token SET expires_at = ?", ((ws.ledger.clock() - timedelta(1)).isoformat(),))
    with pytest.raises(Denied):
        _identity.by_token(ws, token)


def test_passwords_are_argon2_and_five_wrong_ones_lock(ws: Workspace, tmp_path: Any) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse battery\n")
    access.add(ws, "anna", role=["analyst"], password_file=file)
    with ws.database.read() as held:
        assert people.everyone(held)[0][3].startswith("$argon2id$")

    assert _identity.by_password(ws, "anna", "correct horse battery").name == "anna"
    for _ in range(5):
        with pytest.raises(Denied):
            _identity.by_password(ws, "anna", "wrong")
    with pytest.raises(Denied):
        _identity.by_password(ws, "anna", "correct horse battery")
    with ws.database.write() as held:
        held.rows("UPDATE person SET locked_until = '2001-01-01'")
    assert _identity.by_password(ws, "anna", "correct horse battery").name == "anna"
    with pytest.raises(Denied):
        _identity.by_password(ws, "nobody", "correct horse battery")
    assert len(ws.ledger.entries(action="access.failed")) == 7


def test_what_cannot_be_entered(ws: Workspace, tmp_path: Any) -> None:
    with pytest.raises(InvalidInput, match=r"Unknown role 'analist'.*Did you mean 'analyst'"):
        access.add(ws, "anna", role=["analist"])
    access.add(ws, "anna", role=["analyst"])
    with pytest.raises(Conflict, match="already"):
        access.add(ws, "anna", role=["analyst"])
    with pytest.raises(InvalidInput, match="cannot name"):
        access.add(ws, "local", role=["admin"])
    with pytest.raises(InvalidInput, match="Nothing to change"):
        access.change(ws, "anna")
    (tmp_path / "p").write_text("short")
    with pytest.raises(InvalidInput, match="12 characters"):
        access.change(ws, "anna", password_file=tmp_path / "p")


def test_a_refusal_is_on_the_ledger(ws: Workspace) -> None:
    mine = ws.acting(actor("supervisor"))
    with pytest.raises(Denied, match=r"may not write access\.add as supervisor"):
        perform(use("access", "add"), mine, {"name": "x", "role": ["admin"]})

    (entry,) = ws.ledger.entries(action="access.refused")
    assert entry.data["use"] == "access.add"
    assert entry.actor == mine.actor.id


def test_every_change_is_on_the_ledger_and_secrets_are_not(ws: Workspace, tmp_path: Any) -> None:
    (tmp_path / "a.csv").write_text("case_id,activity,timestamp\n1,a,2026-01-01\n")
    perform(use("log", "import_"), ws, {"file": tmp_path / "a.csv", "name": "tiny"})

    (entry,) = ws.ledger.entries(action="use.log.import_")
    assert entry.data["arguments"]["name"] == "tiny"


def test_the_default_policy_passes_its_own_tests_and_denies_by_default() -> None:
    policy = load(DEFAULT)

    assert policy.failures() == []
    assert not policy.allows(frozenset(), "read", "mine.map")
    assert not policy.allows(frozenset({"supervisor"}), "write", "some.new_area")
    assert not policy.allows(frozenset({"auditor", "risk"}), "approve", "record/waiver"), "a forbid wins"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[rule]]\nroles = ["boss"]\ndo = ["read"]\non = ["*"]', "rule 1: Unknown role 'boss'"),
        ('[[rule]]\nroles = ["risk"]\ndo = ["reed"]\non = ["*"]', "rule 1: Unknown verb 'reed'"),
        ('[[rule]]\nroles = ["risk"]\ndo = ["read"]', "missing required field `on`"),
        ('[[rule]]\nroles = ["risk"]\ndo = ["read"]\non = ["*"]\nonly = 1', "unknown field `only`"),
        ('[[approval]]\nkind = "waver"\nseats = []', "Unknown kind of record 'waver'"),
        ('[[approval]]\nkind = "waiver"', "It needs `seats`"),
        ("[[rule", "policy: "),
    ],
)
def test_a_policy_that_cannot_be_read_stops_everything(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse(text)


def test_a_workspace_may_have_its_own_policy(ws: Workspace) -> None:
    text = '[[approval]]\nkind = "waiver"\nseats = [{ role = "executive", count = 3 }]\n'
    (ws.root / "policy.toml").write_text(text + '[[test]]\nroles=["risk"]\ndo="read"\non="x"\nexpect="allow"\n')

    assert ws.policy.tiers("waiver")[0].seats[0].count == 3
    with pytest.raises(InvalidInput, match="1 of 1 tests of the policy fail"):
        access.test(ws)


def two_units() -> EventLog:
    log = EventLog.from_traces(["ab", "ab", "ac"], name="orders")
    return replace(log, cases=pl.DataFrame({"unit": ["de", "fr", None]}))


def test_rows_of_a_log_are_those_of_the_persons_units(ws: Workspace) -> None:
    ws.logs.write(two_units(), "orders")
    german, all_units = ws.acting(actor("analyst", units="de")), ws.acting(actor("analyst"))

    assert german.log("orders").case_ids.to_list() == ["1"]
    assert all_units.log("orders").n_cases == ws.log("orders").n_cases == 3
    assert ws.acting(actor("auditor", units="de")).log("orders").n_cases == 3
    ws.logs.write(EventLog.from_traces(["ab"]), "plain")
    with pytest.raises(Denied, match="no column 'unit'"):
        german.log("plain")


def test_an_event_attribute_must_be_theirs_in_every_event(ws: Workspace) -> None:
    log = EventLog.from_traces(["ab", "ab"])
    ws.logs.write(replace(log, events=pl.DataFrame({"unit": ["de", "de", "de", "fr"]})), "mixed")

    assert ws.acting(actor("analyst", units="de")).log("mixed").case_ids.to_list() == ["1"]


class Provider:
    """An identity provider on loopback: discovery, published keys, signed tokens."""

    def __init__(self) -> None:
        self.keys: list[Any] = [RSAKey.generate_key(2048, {"kid": "k1", "alg": "RS256", "use": "sig"})]
        provider = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                keys = KeySet(provider.keys).as_dict(private=False)
                pages = {
                    "/.well-known/openid-configuration": {"issuer": provider.url, "jwks_uri": provider.url + "/jwks"},
                    "/jwks": keys,
                }
                body = json.dumps(pages[self.path]).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def token(self, key: Any = None, alg: str = "RS256", **claims: Any) -> str:
        key = key or self.keys[0]
        now = int(time.time())
        full = {"iss": self.url, "aud": "hoshin", "sub": "42", "iat": now, "exp": now + 300, "roles": ["analyst"]}
        full |= {"units": ["de"], "preferred_username": "anna"}
        head = {"alg": alg, "kid": key.kid} if getattr(key, "kid", None) else {"alg": alg}
        return jwt.encode(head, {k: v for k, v in (full | claims).items() if v is not None}, key, algorithms=[alg])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    found = Provider()
    yield found
    found.server.shutdown()
    found.server.server_close()
    found.thread.join()


def test_a_person_of_an_identity_provider(ws: Workspace, provider: Provider) -> None:
    ws = replace(ws, settings=replace(ws.settings, oidc_issuer=provider.url, oidc_audience="hoshin"))
    access.add(ws, "anna", role=["admin"])
    first = _identity.by_token(ws, provider.token())

    assert (first.roles, first.units) == ({"analyst"}, {"de"})
    assert first.name != "anna", "a name from outside never becomes a person who is here already"
    again = _identity.by_token(ws, provider.token(roles="owner risk unheard-of", units=[]))
    assert (again.id, again.roles, again.units) == (first.id, {"owner", "risk"}, frozenset())
    access.change(ws, first.name, active=False)
    with pytest.raises(Denied, match="switched off"):
        _identity.by_token(ws, provider.token())


@pytest.mark.parametrize(
    "claims",
    [{"exp": 1}, {"exp": None}, {"aud": "other"}, {"aud": None}, {"iss": "http://evil"}, {"sub": None},
     {"nbf": 4102444800}],
)  # fmt: skip
def test_claims_that_are_not_right(ws: Workspace, provider: Provider, claims: dict[str, Any]) -> None:
    ws = replace(ws, settings=replace(ws.settings, oidc_issuer=provider.url, oidc_audience="hoshin"))
    with pytest.raises(Denied, match="not valid"):
        _identity.by_token(ws, provider.token(**claims))


def test_signatures_that_are_not_right(ws: Workspace, provider: Provider) -> None:
    ws = replace(ws, settings=replace(ws.settings, oidc_issuer=provider.url, oidc_audience="hoshin"))
    stranger = RSAKey.generate_key(2048, {"kid": "k1"})
    good = provider.token()
    forged = [
        provider.token(stranger),
        provider.token(RSAKey.generate_key(2048, {"kid": "unknown"})),
        good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "eyJhbGciOiJub25lIn0." + good.split(".")[1] + ".",
        "not a token",
    ]
    # The published key as an HMAC secret: the algorithm must never be the token's choice.
    head, body = ({"alg": "HS256"}, {"sub": "42", "iss": provider.url, "aud": "hoshin", "exp": 4102444800})
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, body)]
    mac = hmac.new(provider.keys[0].as_pem(private=False), b".".join(parts), "sha256").digest()
    forged.append(b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode())
    for token in forged:
        with pytest.raises(Denied, match="not valid"):
            _identity.by_token(ws, token)


def test_a_new_key_of_the_provider_is_fetched(ws: Workspace, provider: Provider) -> None:
    from hoshin.connect.oidc import Issuer

    issuer = Issuer(provider.url, "hoshin")
    assert issuer.claims(provider.token())["sub"] == "42"
    new = ECKey.generate_key("P-256", {"kid": "k2", "alg": "ES256", "use": "sig"})
    provider.keys.append(new)
    issuer._fetched -= 61

    assert issuer.claims(provider.token(new, "ES256"))["sub"] == "42"
