"""OpenID Connect: check the ID (or JWT access) token of an identity provider, by its published keys.

Discovery and keys are fetched from the issuer and kept; an unknown key id fetches them again, once a minute at
most. Only asymmetric signatures are taken: `none` and shared-secret algorithms never are.
Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725 (JWT best practice).
"""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.error import URLError

from hoshin.errors import Denied, Unavailable, Unsupported

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]
LEEWAY_S = 60
TIMEOUT_S = 10


@dataclass(slots=True)
class Issuer:
    """An identity provider: its address as in the `iss` claim, and the audience tokens must be for."""

    url: str
    audience: str
    _keys: Any = field(default=None, repr=False)
    _fetched: float = field(default=0.0, repr=False)

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a valid token; Denied(access.oidc) says what is wrong with any other."""
        try:
            from joserfc import jwt
            from joserfc.errors import JoseError
        except ImportError as error:
            raise Unsupported("access.oidc_extra", "OIDC needs joserfc.", hint="pip install 'hoshin[serve]'") from error

        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.url},
            aud={"essential": True, "value": self.audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        for again in (False, True):
            keys = self._key_set(again)
            try:
                decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
                registry.validate(decoded.claims)
            except (JoseError, ValueError) as error:
                known = isinstance(error, JoseError) and type(error).__name__ not in ("BadSignatureError",)
                missing_key = "kid" in str(error).lower() or isinstance(error, ValueError) or not known
                if missing_key and not again and time.monotonic() - self._fetched > 60:
                    continue
                raise Denied(
                    "access.oidc", f"The identity token is not valid: {error}", hint="Sign in again."
                ) from error
            return dict(decoded.claims)
        raise AssertionError("unreachable")

    def _key_set(self, again: bool) -> Any:
        from joserfc.jwk import KeySet

        if self._keys is None or again:
            settings = self._fetch(self.url.rstrip("/") + "/.well-known/openid-configuration")
            if settings.get("issuer") != self.url:
                raise Denied("access.oidc", f"The provider calls itself {settings.get('issuer')!r}, not {self.url!r}.")
            self._keys = KeySet.import_key_set(self._fetch(settings["jwks_uri"]))  # type: ignore[arg-type]
            self._fetched = time.monotonic()
        return self._keys

    def _fetch(self, url: str) -> dict[str, Any]:
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise Denied("access.oidc", f"{url} is not https.", hint="An identity provider must be reached over TLS.")
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (URLError, ValueError, OSError) as error:
            raise Unavailable("access.provider", f"{url} did not answer: {error}", hint="Try again.") from error
