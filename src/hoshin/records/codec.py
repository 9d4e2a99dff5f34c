"""Records to and from plain data, YAML, CSV and JSON. Errors name the document or row, the field and the value."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

import msgspec

from hoshin.errors import InvalidInput
from hoshin.records.catalogue import kind_class
from hoshin.records.record import Record


def from_data(kind: str, data: Mapping[str, Any], where: str = "") -> Record:
    """A record of `kind` from plain data. `where` begins every error: 'kpi.yaml, document 2'."""
    target = kind_class(kind)
    known = [f.name for f in fields(target)]
    at = f"{where}: " if where else ""
    for name in data:
        if name not in known:
            error = InvalidInput.unknown("record.field", f"field of {kind}", str(name), known)
            raise InvalidInput("record.field", at + error.message, hint=error.hint, where=where)
    for field in fields(target):
        if field.default is MISSING and field.default_factory is MISSING and field.name not in data:
            raise InvalidInput(
                "record.missing", f"{at}{kind} has no {field.name!r}.", hint=f"See: hoshin record schema {kind}"
            )
    try:
        return msgspec.convert(dict(data), target, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        name = path.rstrip("`").lstrip(".")
        value = data.get(name.partition("[")[0])
        raise InvalidInput(
            "record.value", f"{at}{name or kind}: {message}; got {value!r}.", hint=f"See: hoshin record schema {kind}"
        ) from error


def to_data(record: Record) -> dict[str, Any]:
    """Plain JSON data of every field, in the order of the class; amounts and dates are texts."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}


def kind_of(record: Record) -> str:
    return type(record).__module__.rpartition(".")[2]


def parse(text: str, style: str, *, kind: str = "", where: str = "") -> list[tuple[str, dict[str, Any], str]]:
    """(kind, fields, where) of each record in `text`. YAML and JSON documents say their `kind` unless `kind` is
    given; a CSV file holds one kind, given or in a `kind` column."""
    rows = {"yaml": _yaml, "csv": _csv, "json": _json}[style](text, where)
    found = []
    for data, place in rows:
        own = data.pop("kind", None) or kind
        if not own:
            raise InvalidInput("record.kind", f"{place}: no kind is given.", hint="Add a line `kind: ...`.")
        if kind and own != kind:
            raise InvalidInput("record.kind", f"{place}: kind is {own!r}, expected {kind!r}.")
        found.append((str(own), data, place))
    return found


def write(items: Iterable[tuple[str, Mapping[str, Any]]], style: str) -> str:
    """Records, as (kind, data), as text in `style`. CSV takes one kind only; its lists are JSON."""
    rows = [{"kind": kind, **{k: v for k, v in data.items() if v not in (None, "", [], ())}} for kind, data in items]
    if style == "json":
        return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    if style == "yaml":
        import yaml

        return yaml.safe_dump_all(rows, sort_keys=False, allow_unicode=True, width=100)
    names = list(dict.fromkeys(k for row in rows for k in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for k, v in row.items()})
    return out.getvalue()


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput("record.shape", f"{place}: expected fields, found {type(value).__name__}.")
    return {str(k): v for k, v in value.items()}


def _yaml(text: str, where: str) -> list[tuple[dict[str, Any], str]]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Numbers and dates stay as written (no float rounding, no time zone); a key twice is an error."""

        yaml_implicit_resolvers = {  # noqa: RUF012
            first: [(tag, rule) for tag, rule in rules if tag.endswith((":null", ":bool", ":merge"))]
            for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [k.value for k, _ in node.value]
            twice = next((k for k in keys if keys.count(k) > 1), None)
            if twice is not None:
                raise InvalidInput(
                    "record.twice", f"{where}, line {node.start_mark.line + 1}: {twice!r} is given twice."
                )
            return super().construct_mapping(node, deep=deep)

    try:
        documents = list(yaml.load_all(text, Loader))
    except yaml.YAMLError as error:
        raise InvalidInput("record.yaml", f"{where}: {error}", hint="Check the indentation and quotes.") from error
    found = []
    for n, document in enumerate(documents, 1):
        items = document if isinstance(document, list) else [] if document is None else [document]
        for item in items:
            found.append((_mapping(item, f"{where}, document {n}"), f"{where}, document {n}"))
    return found


def _json(text: str, where: str) -> list[tuple[dict[str, Any], str]]:
    try:
        loaded = json.loads(text, parse_float=str)
    except ValueError as error:
        raise InvalidInput("record.json", f"{where}: {error}") from error
    items = loaded if isinstance(loaded, list) else [loaded]
    return [(_mapping(item, f"{where}, item {n}"), f"{where}, item {n}") for n, item in enumerate(items, 1)]


def _csv(text: str, where: str) -> list[tuple[dict[str, Any], str]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    found = []
    try:
        for n, row in enumerate(reader, 2):
            if None in row or None in row.values():
                raise InvalidInput("record.columns", f"{where}, row {n}: not as many cells as the header has.")
            found.append(
                ({k: _cell(v, f"{where}, row {n}, column {k}") for k, v in row.items() if v != ""}, f"{where}, row {n}")
            )
    except csv.Error as error:
        raise InvalidInput("record.csv", f"{where}, line {reader.line_num}: {error}") from error
    return found


def _cell(value: str, place: str) -> Any:
    """A cell that begins with '[' is a JSON list."""
    if not value.startswith("["):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise InvalidInput("record.cell", f"{place}: {value!r} begins with '[' but is no JSON list.") from error


def changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Field by field what differs: {field, from, to}. Missing and empty are the same.

    >>> changes({"a": "1", "b": "x"}, {"a": "2", "b": "x", "c": []})
    [{'field': 'a', 'from': '1', 'to': '2'}]
    """
    names: Sequence[str] = list(dict.fromkeys([*(old or {}), *new]))
    empty: tuple[Any, ...] = (None, "", [], ())
    pairs = [(n, (old or {}).get(n), new.get(n)) for n in names]
    return [{"field": n, "from": a, "to": b} for n, a, b in pairs if a != b and not (a in empty and b in empty)]
