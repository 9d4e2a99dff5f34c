"""Settings: `hoshin.toml` in the workspace, overridden by HOSHIN_* in the environment. The only reader of both.

`[records] url = "..."` and `HOSHIN_RECORDS_URL=...` set `records_url`. An unknown setting is an error.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec

from hoshin.errors import InvalidInput

MARKER = "hoshin.toml"
# Environment only: never written to a file that is shared.
ENVIRONMENT = {
    "HOSHIN_WORKSPACE": "The workspace folder, where none is given with --workspace.",
    "HOSHIN_TOKEN": "The API token to act under; without one the command line acts as the workspace's local user.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, its default and what it does."""

    records_url: Annotated[
        str,
        "Where records and the ledger are kept: `sqlite:///path` or `postgresql://user:password@host/db?schema=name`. "
        "Empty: `records/records.db` in the workspace.",
    ] = ""
    records_checkpoint_every: Annotated[int, "Sign a checkpoint every so many ledger entries; 0: only when asked."] = (
        256
    )
    approvals_alone: Annotated[
        bool, "Let the one user of a workspace without accounts approve their own records; the ledger says so."
    ] = False
    access_policy: Annotated[str, "The policy file, relative to the workspace. Absent: the default policy."] = (
        "policy.toml"
    )
    access_required: Annotated[bool, "Refuse the command line without a token (the server always does)."] = False
    oidc_issuer: Annotated[
        str, "OpenID Connect issuer whose ID tokens are accepted, e.g. `https://id.example.com`."
    ] = ""
    oidc_audience: Annotated[str, "The audience (client id) the tokens must be for."] = ""
    oidc_roles_claim: Annotated[str, "Claim that lists the person's roles."] = "roles"
    oidc_units_claim: Annotated[str, "Claim that lists the person's business units."] = "units"
    twin_fresh_days: Annotated[
        float, "How old the newest data of a twin may be before its answers carry a warning."
    ] = 30.0
    serve_host: Annotated[str, "Address `hoshin serve` listens on."] = "127.0.0.1"
    serve_port: Annotated[int, "Port `hoshin serve` listens on."] = 8765
    serve_body_bytes: Annotated[int, "Largest request body."] = 10_000_000


def load(root: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of the workspace at `root`; InvalidInput(settings.unknown, settings.value) names the bad one."""
    environment = os.environ if environment is None else environment
    kinds = get_type_hints(Settings)
    given: dict[str, tuple[Any, str]] = {}
    for name, value in _flat(root / MARKER).items():
        if name not in kinds:
            dotted = [n.replace("_", ".", 1) for n in kinds]
            raise InvalidInput.unknown("settings.unknown", "setting", name.replace("_", ".", 1), dotted)
        given[name] = value, f"{root / MARKER}, {name.replace('_', '.', 1)}"
    for name in kinds:
        variable = f"HOSHIN_{name.upper()}"
        if variable in environment:
            given[name] = environment[variable], f"${variable}"
    values = {}
    for name, (value, where) in given.items():
        try:
            values[name] = msgspec.convert(value, kinds[name], strict=False)
        except msgspec.ValidationError as error:
            raise InvalidInput("settings.value", f"{where} = {value!r}: {error}.") from error
    return Settings(**values)


def _flat(path: Path) -> dict[str, Any]:
    """`[records] url` as `records_url`."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("settings.file", f"{path}: {error}") from error
    found = {}
    for section, table in tables.items():
        for name, value in table.items() if isinstance(table, dict) else [("", table)]:
            found[f"{section}_{name}".rstrip("_")] = value
    return found


def workspace_named() -> Path | None:
    """$HOSHIN_WORKSPACE, if set."""
    value = os.environ.get("HOSHIN_WORKSPACE")
    return Path(value) if value else None


def token() -> str:
    """$HOSHIN_TOKEN, or ''."""
    return os.environ.get("HOSHIN_TOKEN", "")


def described() -> list[dict[str, Any]]:
    """Every setting for docs: name, environment variable, type, default, what it does."""
    hints = get_type_hints(Settings, include_extras=True)
    return [
        {
            "setting": f.name.replace("_", ".", 1),
            "environment": f"HOSHIN_{f.name.upper()}",
            "type": hints[f.name].__origin__.__name__,
            "default": f.default,
            "help": hints[f.name].__metadata__[0],
        }
        for f in fields(Settings)
    ]
