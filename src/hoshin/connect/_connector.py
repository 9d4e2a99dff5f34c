"""What a connector is: a frozen dataclass that yields canonical batches, each with a state to resume from.

A connector is one file of this folder with a dataclass `Connector`; its fields are its settings. A file
format is one file with `EXTENSIONS` and `read`. Nothing else registers either.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_type_hints

import msgspec
import polars as pl

from hoshin.connect._secret import Secret
from hoshin.connect._values import Unreadable
from hoshin.errors import InvalidInput
from hoshin.shelf import Shelf

# JSON-able: where to go on. None means this is no place to go on from.
State = dict[str, Any]
connectors = Shelf("hoshin.connect", "connector")


@dataclass(frozen=True, slots=True)
class Batch:
    """Canonical rows (see `_canonical`), and the state after them. A state is only ever stored with its rows."""

    frame: pl.DataFrame
    state: State | None = None
    unread: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What lineage and the log keep of a source."""

    source: str
    time_zone: str = "UTC"
    currency: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """The contract of a `Connector`.

    `mode` "append": a later pull goes on from the last state. "snapshot": a later pull reads all again
    and replaces; its states serve only to resume a pull that was cut off.
    """

    @property
    def mode(self) -> Literal["append", "snapshot"]: ...

    def about(self) -> About: ...

    def batches(self, state: State | None = None) -> Iterator[Batch]: ...


def connector_names() -> list[str]:
    """Names of the files that pull from a system."""
    return [n for n in connectors.names() if re.search(r"^class Connector", _text(n), re.MULTILINE)]


def _text(name: str) -> str:
    return (connectors.folder() / f"{name}.py").read_text(encoding="utf-8")


def make(name: str, settings: Mapping[str, Any]) -> Source:
    """The connector `name` with `settings`, whose values may be text. Secrets must be references.

    Raises InvalidInput(connect.connector | connect.setting) naming the nearest, and
    InvalidInput(connect.setting_value) for a value of the wrong kind.
    """
    if name not in connector_names():
        raise InvalidInput.unknown("connect.connector", "connector", name, connector_names())
    kind = connectors.take(name).Connector
    fields = {f.name: f for f in dataclasses.fields(kind)}
    for given in settings:
        if given not in fields:
            raise InvalidInput.unknown("connect.setting", f"setting of {name}", given, fields)
    hints = get_type_hints(kind)
    ready = {k: _typed(name, k, v, hints[k]) for k, v in settings.items()}
    needed = (dataclasses.MISSING, dataclasses.MISSING)
    for f in fields.values():
        if (f.default, f.default_factory) == needed and f.name not in ready:
            raise InvalidInput(
                "connect.setting_needed", f"{name} needs the setting {f.name}.", hint=f"Add --set {f.name}=..."
            )
    made: Source = kind(**ready)
    return made


def _typed(name: str, setting: str, value: Any, kind: Any) -> Any:
    if isinstance(value, str) and "tuple" in str(kind):
        value = [v.strip() for v in value.split(",") if v.strip()]
    if kind in (Secret, Secret | None):
        return Secret(str(value))
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            "connect.setting_value", f"Setting {setting} of {name} is {value!r}: {error}.", hint="Correct the value."
        ) from None


def settings_of(connector: Source) -> dict[str, Any]:
    """The settings of `connector` that are not its defaults; secrets as their references."""
    assert dataclasses.is_dataclass(connector)
    found = {}
    for f in dataclasses.fields(connector):
        value = getattr(connector, f.name)
        if value == f.default:
            continue
        found[f.name] = list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Secret) else value
    return found


def settings_help(name: str) -> str:
    """The settings of connector `name`, those that are needed with a star."""
    kind = connectors.take(name).Connector
    missing = dataclasses.MISSING
    return ", ".join(
        f.name + ("*" if (f.default, f.default_factory) == (missing, missing) else "") for f in dataclasses.fields(kind)
    )
