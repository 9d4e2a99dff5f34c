"""The kinds of record: every file of `records/kinds/` is one, its file name is the kind."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec

from hoshin.records.record import Record
from hoshin.shelf import Shelf

kinds = Shelf("hoshin.records.kinds", "kind of record")

# Old name of a kind -> its name today: the ledger keeps what was written.
ALIASES: dict[str, str] = {}


@cache
def kind_class(kind: str) -> type[Record]:
    """The dataclass of `kind`; InvalidInput(shelf.unknown) names the nearest."""
    module = kinds.take(ALIASES.get(kind, kind))
    found = [
        c for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, Record) and c.__module__ == module.__name__
    ]  # fmt: skip
    assert len(found) == 1, f"{module.__name__} must hold one kind of record"
    return found[0]


@cache
def personal(kind: str) -> dict[str, str]:
    """Which fields of `kind` are 'person' (a name, or a tuple of names) or 'private' (a text about the owner)."""
    hints = get_type_hints(kind_class(kind), include_extras=True)
    return {f.name: found for f in fields(kind_class(kind)) if (found := _personal(hints[f.name]))}


def _personal(hint: Any) -> str:
    """The 'personal' mark anywhere within a type."""
    for part in get_args(hint):
        if isinstance(part, msgspec.Meta):
            if part.extra and "personal" in part.extra:
                return str(part.extra["personal"])
        elif found := _personal(part):
            return found
    return ""


@cache
def schema(kind: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of `kind`; personal fields carry `x-personal`."""
    (main,), parts = msgspec.json.schema_components([kind_class(kind)], ref_template="#/$defs/{name}")
    name = main["$ref"].rpartition("/")[2]
    found = dict(parts[name])
    found["additionalProperties"] = False
    for field, what in personal(kind).items():
        found["properties"][field] = {**found["properties"][field], "x-personal": what}
    rest = {k: v for k, v in parts.items() if k != name}
    return {**found, **({"$defs": rest} if rest else {})}
