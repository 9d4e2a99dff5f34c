"""A mapping: a TOML file that says which columns of a source are which terms of an event log.

It is data: versioned (`format` is the language's version, `version` the file's own), hashed into the
lineage of every log made with it, and checked when loaded. An error names the file, the line and the
nearest word that is known. The language is described in docs/how/connectors.md.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from hoshin.connect._values import TYPES, Style
from hoshin.errors import InvalidInput
from hoshin.log.build import OPTIONAL, REQUIRED
from hoshin.units import SECONDS

FORMAT = 1
SHIPPED = Path(__file__).parent / "mappings"
TERMS = (*REQUIRED, *OPTIONAL)
TERM_TYPES = {"case_id": "key", "timestamp": "datetime", "start_timestamp": "datetime", "cost": "decimal"}

TOP = (
    "format", "name", "version", "summary", "time_zone", "date_order", "currency", "decimal", "thousands",
    "missing", "key", "attributes", "columns", "attribute", "events", "types", "labels", "lookup",
)  # fmt: skip
COLUMN = ("from", "constant", "type", "format", "values", "otherwise", "unit", "join", "prefix")
EVENT = ("name", "table", "where", "columns", "attribute", "key")


@dataclass(frozen=True, slots=True)
class Column:
    """One term and where it comes from: `source` columns joined by `join`, or a `constant`.

    `values` translates; a value it lacks stays as it is, or becomes `otherwise`. `unit` of a decimal: a
    duration (s, min, h, d, w) is turned into seconds, anything else is kept as its name.
    """

    term: str
    source: tuple[str, ...] = ()
    constant: str | None = None
    type: str = "text"
    formats: tuple[str, ...] = ()
    values: Dictionary[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    unit: str = ""
    join: str = " "
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Rows of `table` (any, if empty) where each column of `where` has one of its values become events."""

    name: str
    columns: tuple[Column, ...]
    table: str = ""
    where: Dictionary[str, tuple[str, ...]] = field(default_factory=dict)
    key: tuple[str, ...] = ()

    def sources(self) -> list[str]:
        """Every source column this event needs."""
        named = [c for column in self.columns for c in column.source]
        return list(dict.fromkeys([*named, *self.where, *self.key]))


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping. `events` has one entry unless a row makes several (opened, resolved, closed).

    `types`, `labels` and `lookups` serve connectors that join many tables (SAP): the type of a column by
    its name, its name by the label an export shows, and translations by name.
    """

    name: str
    version: str
    events: tuple[Event, ...]
    style: Style
    summary: str = ""
    currency: str = ""
    keep_all: bool = True
    types: Dictionary[str, str] = field(default_factory=dict)
    labels: Dictionary[str, Dictionary[str, str]] = field(default_factory=dict)
    lookups: Dictionary[str, Dictionary[str, str]] = field(default_factory=dict)
    digest: str = ""

    def described(self) -> dict[str, str]:
        """What lineage records of a mapping."""
        return {"name": self.name, "version": self.version, "digest": self.digest}


def shipped() -> list[str]:
    """Names of the mappings that come with hoshin."""
    return sorted(p.stem for p in SHIPPED.glob("*.toml"))


def load_mapping(which: str, *, time_zone: str = "", date_order: str = "") -> Mapping:
    """The mapping in the file `which`, or the shipped one of that name. Raises InvalidInput(connect.mapping).

    `time_zone` and `date_order` take the place of the file's: they belong to whoever exported.
    """
    path = Path(which)
    if path.suffix != ".toml" and which in shipped():
        path = SHIPPED / f"{which}.toml"
    if not path.is_file():
        raise InvalidInput.unknown("connect.no_mapping", "mapping", which, shipped())
    checker = _Checker(path.read_text(encoding="utf-8-sig"), str(path))
    given = {"time_zone": time_zone, "date_order": date_order}
    checker.data |= {k: v for k, v in given.items() if v}
    return checker.mapping()


def parse_mapping(source: str, file: str = "mapping") -> Mapping:
    """Check `source`, the text of a mapping file; `file` is its name in errors."""
    return _Checker(source, file).mapping()


class _Checker:
    """Reads one file and complains with its line."""

    def __init__(self, source: str, file: str) -> None:
        self.source, self.file = source, file
        try:
            self.data = tomllib.loads(source)
        except tomllib.TOMLDecodeError as error:
            raise InvalidInput("connect.toml", f"{file} is not TOML: {error}.", hint="Correct that line.") from None

    def fail(self, path: Iterable[str], message: str, hint: str = "") -> NoReturn:
        line = line_of(self.source, tuple(path))
        raise InvalidInput("connect.mapping", f"{self.file}, line {line}: {message}", hint=hint, line=line)

    def known(self, given: Iterable[str], names: Iterable[str], path: tuple[str, ...], what: str) -> None:
        for name in given:
            if name not in names:
                error = InvalidInput.unknown("connect.mapping", what, name, names)
                self.fail((*path, name), error.message, error.hint)

    def word(self, table: Any, name: str, path: tuple[str, ...], default: str = "") -> str:
        value = table.get(name, default)
        if not isinstance(value, str):
            self.fail((*path, name), f"{name} is {value!r}; it must be text in quotes.")
        return value

    def words(self, table: Any, name: str, path: tuple[str, ...], default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = table.get(name, list(default))
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.fail((*path, name), f"{name} is {value!r}; it must be text or a list of texts.")
        return tuple(value)

    def table(self, table: Any, name: str, path: tuple[str, ...]) -> dict[str, Any]:
        value = table.get(name, {})
        if not isinstance(value, dict):
            self.fail((*path, name), f"{name} must be a table: [{'.'.join((*path, name))}].")
        return value

    def dictionary(self, table: Any, name: str, path: tuple[str, ...]) -> dict[str, str]:
        return {k: str(v) for k, v in self.table(table, name, path).items()}

    def mapping(self) -> Mapping:
        data = self.data
        self.known(data, TOP, (), "key of a mapping")
        if data.get("format") != FORMAT:
            self.fail(("format",), f"format is {data.get('format')!r}.", f"Write format = {FORMAT} at the top.")
        name, version = self.word(data, "name", ()), self.word(data, "version", ())
        if not name or not version:
            self.fail(("name",), "A mapping needs a name and a version.", 'Write name = "..." and version = "1".')
        types, labels = self.dictionary(data, "types", ()), self.table(data, "labels", ())
        for column, kind in types.items():
            self.kind(kind, ("types", column))
        lookups = {k: self.dictionary(data["lookup"], k, ("lookup",)) for k in self.table(data, "lookup", ())}
        kept = self.word(data, "attributes", (), "all")
        self.known([kept], ("all", "named"), ("attributes",), "choice of attributes")
        events = self.events(lookups)
        if not events and not types:
            self.fail(("columns",), "No columns are mapped.", "Add [columns.case_id], .activity and .timestamp.")
        return Mapping(
            name=name,
            version=version,
            events=events,
            style=self.style(),
            summary=self.word(data, "summary", ()),
            currency=self.word(data, "currency", ()),
            keep_all=kept == "all",
            types=types,
            labels={k: self.dictionary(labels, k, ("labels",)) for k in labels},
            lookups=lookups,
            digest=hashlib.sha256(self.source.encode()).hexdigest()[:12],
        )

    def style(self) -> Style:
        zone = self.word(self.data, "time_zone", (), "UTC")
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, KeyError):
            self.fail(("time_zone",), f"{zone!r} is no IANA time zone.", "Write one like Europe/Berlin or UTC.")
        order = self.word(self.data, "date_order", ())
        self.known([order], ("", "dmy", "mdy"), ("date_order",), "date order")
        return Style(
            time_zone=zone,
            date_order="dmy" if order == "dmy" else "mdy" if order == "mdy" else "",
            decimal=self.word(self.data, "decimal", (), "."),
            thousands=self.word(self.data, "thousands", (), "." if self.data.get("decimal") == "," else ","),
            missing=self.words(self.data, "missing", (), ("",)),
        )

    def events(self, lookups: dict[str, dict[str, str]]) -> tuple[Event, ...]:
        shared = self.columns(self.data, (), lookups)
        key = self.words(self.data, "key", ())
        given = self.data.get("events", [])
        if not isinstance(given, list):
            self.fail(("events",), "events must be a list of tables: [[events]].")
        result = []
        for number, entry in enumerate(given):
            path = ("events", f"#{number}")
            self.known(entry, EVENT, path, "key of an event")
            own = self.columns(entry, path, lookups)
            terms = {c.term for c in own}
            columns = (*(c for c in shared if c.term not in terms), *own)
            where = {k: self.words(entry["where"], k, (*path, "where")) for k in self.table(entry, "where", path)}
            label = self.word(entry, "name", path) or f"event {number + 1}"
            event = Event(label, columns, self.word(entry, "table", path), where, self.words(entry, "key", path, key))
            self.complete(event, path)
            result.append(event)
        if not given and shared:
            event = Event("row", shared, key=key)
            self.complete(event, ("columns",))
            result.append(event)
        return tuple(result)

    def complete(self, event: Event, path: tuple[str, ...]) -> None:
        terms = {c.term for c in event.columns}
        for term in REQUIRED:
            if term not in terms:
                self.fail(path, f"{event.name!r} has no {term}.", f"Add [columns.{term}] with from or constant.")

    def columns(self, table: Any, path: tuple[str, ...], lookups: dict[str, dict[str, str]]) -> tuple[Column, ...]:
        found = []
        columns = self.table(table, "columns", path)
        self.known(columns, TERMS, (*path, "columns"), "term")
        for where in ("columns", "attribute"):
            for term in self.table(table, where, path):
                if where == "attribute" and term in TERMS:
                    self.fail((*path, where, term), f"{term!r} is a term, not an attribute.", f"Use [columns.{term}].")
                found.append(self.column(table[where], term, (*path, where), lookups))
        return tuple(found)

    def column(self, table: Any, term: str, path: tuple[str, ...], lookups: dict[str, dict[str, str]]) -> Column:
        given, here = table[term], (*path, term)
        if isinstance(given, str):
            given = {"from": given}
        if not isinstance(given, dict):
            self.fail(here, f"{term} is {given!r}; it must be a column name or a table.")
        self.known(given, COLUMN, here, "key of a column")
        source, constant = self.words(given, "from", here), given.get("constant")
        if bool(source) == (constant is not None):
            self.fail(here, f"{term} needs either from or constant.")
        kind = self.word(given, "type", here, TERM_TYPES.get(term, "text"))
        self.kind(kind, (*here, "type"))
        values = given.get("values", {})
        if isinstance(values, str):
            self.known([values.removeprefix("@")], lookups, (*here, "values"), "lookup")
            values = lookups[values.removeprefix("@")]
        elif not isinstance(values, dict):
            self.fail((*here, "values"), 'values must be a table or the name of a lookup: "@name".')
        unit = self.word(given, "unit", here)
        if unit and kind not in ("decimal", "integer"):
            self.fail((*here, "unit"), f"A {kind} has no unit.", 'Add type = "decimal".')
        return Column(
            term=term,
            source=source,
            constant=None if constant is None else str(constant),
            type="decimal" if unit in SECONDS else kind,
            formats=self.words(given, "format", here),
            values={k: str(v) for k, v in values.items()},
            otherwise=given.get("otherwise"),
            unit=unit,
            join=self.word(given, "join", here, "-" if term == "case_id" else " "),
            prefix=self.word(given, "prefix", here),
        )

    def kind(self, kind: str, path: tuple[str, ...]) -> None:
        name, _, width = kind.partition(":")
        self.known([name], TYPES, path, "type")
        if width and (name != "key" or not width.isdigit()):
            self.fail(path, f"{kind!r}: only a key takes a width, a number.", 'Write "key:10".')


def line_of(source: str, path: tuple[str, ...]) -> int:
    """Line (from 1) of the deepest part of `path` that `source` writes; `#2` is the third [[table]]."""
    lines = source.splitlines()
    header = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
    best, depth, count, inside = 1, 0, -1, ""
    number = next((int(p[1:]) for p in path if p.startswith("#")), None)
    names = [p for p in path if not p.startswith("#")]
    for at, line in enumerate(lines, 1):
        found = header.match(line)
        if found:
            inside = found[1].replace('"', "").replace(" ", "")
            if line.lstrip().startswith("[[") and names and inside == names[0]:
                count += 1
        if number is not None and count != number:
            continue
        here = [p for p in inside.split(".") if p]
        key = re.match(r"""^\s*["']?([^"'=\[]+?)["']?\s*=""", line)
        written = [*here, *(key[1].split(".") if key else [])]
        same = 0
        for a, b in zip(written, names):
            if a != b:
                break
            same += 1
        if same == min(len(written), len(names)) and same > depth:
            best, depth = at, same
    return best
