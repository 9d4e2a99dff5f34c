"""JSON over HTTP, politely: credentials by reference, rate limits obeyed, failures told apart.

429 and 5xx are waited for (Retry-After first, else doubling) and tried again, as is a body that was cut
off; 401, 403 and a login page in place of JSON are refusals and are not. Credentials go to the host they
were meant for: a redirect to another one is an error, and plain http is only for this machine.
"""

from __future__ import annotations

import base64
import email.utils
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hoshin.connect._secret import Secret, scrub
from hoshin.errors import Denied, HoshinError, InvalidInput, NotFound, Unavailable

TRIES = 6
LONGEST_WAIT_S = 300.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Api:
    """An HTTP API at `url`. `user` with `secret`: basic authentication; `secret` alone: bearer token."""

    url: str
    user: str = ""
    secret: Secret | None = None
    timeout_s: float = 60.0

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise InvalidInput("connect.api_url", "The URL must be https://host without a user.", hint="Correct url.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise InvalidInput("connect.plain_http", f"{self.url} would send secrets unencrypted.", hint="Use https.")

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """The JSON at `path`; raises Denied, NotFound, InvalidInput or, after several tries, Unavailable."""
        query = urllib.parse.urlencode({k: v for k, v in parameters.items() if v not in (None, "")})
        request = urllib.request.Request(f"{self.url.rstrip('/')}/{path.lstrip('/')}?{query}")
        request.add_header("Accept", "application/json")
        word = ""
        if self.secret is not None:
            word = self.secret.reveal()
            basic = base64.b64encode(f"{self.user}:{word}".encode()).decode()
            request.add_header("Authorization", f"Basic {basic}" if self.user else f"Bearer {word}")
        wait_s, problem = 1.0, ""
        for _ in range(TRIES):
            try:
                return self._once(request, path)
            except _Again as again:
                problem = scrub(again.why, word)
                time.sleep(min(wait_s if again.after_s is None else again.after_s, LONGEST_WAIT_S))
                wait_s *= 2
            except HoshinError as error:
                error.message = scrub(error.message, word)
                raise
        raise Unavailable(
            "connect.api", f"{self.url} did not answer {path} after {TRIES} tries: {problem}.", hint="Try again later."
        )

    def _once(self, request: urllib.request.Request, path: str) -> Any:
        opener = urllib.request.build_opener(_SameHost())
        try:
            with opener.open(request, timeout=self.timeout_s) as answer:
                body, kind = answer.read(), answer.headers.get_content_type()
        except urllib.error.HTTPError as error:
            with error:
                self._refused(error, path)
        except http.client.IncompleteRead:
            raise _Again("the answer was cut off") from None
        except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
            raise _Again(f"no connection ({getattr(error, 'reason', error)})") from None
        if kind == "text/html" or body.lstrip()[:1] == b"<":
            raise Denied(
                "connect.login_page",
                f"{self.url} answered {path} with a web page, not JSON: it wants a login.",
                hint="Check url, user and secret, and that the account may use the API.",
            )
        try:
            return json.loads(body)
        except ValueError:
            raise _Again(f"the answer is no whole JSON ({len(body)} bytes)") from None

    def _refused(self, error: urllib.error.HTTPError, path: str) -> None:
        said = _message(error)
        if error.code in (401, 403):
            raise Denied(
                "connect.denied", f"{self.url} refused {path} with {error.code}: {said}", hint="Check user and secret."
            ) from None
        if error.code == 404:
            raise NotFound("connect.not_found", f"{self.url} has no {path}: {said}", hint="Check url and table.")
        if error.code == 429 or error.code >= 500:
            raise _Again(f"{error.code} {said}", _after_s(error.headers.get("Retry-After"))) from None
        raise InvalidInput("connect.refused", f"{self.url} refused {path} with {error.code}: {said}", hint="See there.")


class _Again(Exception):
    """Worth another try, after `after_s` seconds if the server said so."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.why, self.after_s = why, after_s


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects on the same host only: the header with the credentials goes along."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            fp.close()
            raise Denied(
                "connect.redirect",
                f"{before.netloc} redirects to {after.netloc}: it wants a login there.",
                hint="Check url, user and secret.",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _message(error: urllib.error.HTTPError) -> str:
    """What the server said, one line: of ServiceNow ({"error": {"message"}}), of Jira ({"errorMessages": []})."""
    text = error.read(4000).decode("utf-8", errors="replace")
    try:
        found = json.loads(text)
    except ValueError:
        return error.reason
    inner = found.get("error") if isinstance(found, dict) else None
    if isinstance(inner, dict):
        return " ".join(str(inner[k]) for k in ("message", "detail") if inner.get(k))
    messages = found.get("errorMessages") if isinstance(found, dict) else None
    return " ".join(map(str, messages)) if messages else error.reason


def _after_s(header: str | None) -> float | None:
    """Retry-After in seconds: a number, or an HTTP date."""
    if not header:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(email.utils.parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except ValueError:
        return None
