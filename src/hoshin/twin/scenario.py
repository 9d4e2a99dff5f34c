"""A scenario: changes to a twin, how to run it, and which of its numbers are uncertain, swept or to be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import product
from typing import Any, Literal

import msgspec

from hoshin.errors import InvalidInput
from hoshin.twin.change import KINDS, change, convert, parse_change
from hoshin.twin.document import Document, Path, dotted, read_document
from hoshin.twin.how import How
from hoshin.twin.model import Reason, Twin
from hoshin.twin.uncertain import distribution, draws

Value = int | float | str
MOST_POINTS = 2000


class Goal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`kpi` should be `at_least` or `at_most` so much."""

    kpi: str
    at_least: float | None = None
    at_most: float | None = None


class Optimise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Values to `choose` from per parameter, so that every goal in `meet` is met and `minimise` is least (a KPI);
    `budget`: the most it may be."""

    choose: dict[str, list[Value]]
    meet: list[Goal] = []
    minimise: str = "total_cost"
    budget: float | None = None
    method: Literal["auto", "all", "coordinates"] = "auto"


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file. `changes` are made in order; names in `uncertain`, `sweep` and `optimise.choose` are the last parts
    of a parameter's place, such as coverage or staff.delta."""

    scenario: str
    why: str = ""
    twin: str = ""
    run: How = How()
    changes: list[dict[str, Any]] = []
    uncertain: dict[str, str] = {}
    sweep: dict[str, list[Value]] = {}
    optimise: Optimise | None = None


class Read(msgspec.Struct, frozen=True):
    """A scenario and the document it was read from, for the places of errors."""

    scenario: Scenario
    document: Document

    def twin(self, base: Twin, values: Mapping[str, Any] | None = None) -> Twin:
        """`base` with the changes made, parameters set to `values`."""
        changes = deepcopy(self.scenario.changes)
        for name, value in (values or {}).items():
            put(changes, self.parameter(name), value)
        made = change(base, *changes, document=self.document)
        return msgspec.structs.replace(made, reason=Reason(f"scenario {self.scenario.scenario}"))

    def twins(self, base: Twin) -> list[Twin]:
        """One twin, or with uncertain parameters one per draw: half as many as there are replications."""
        uncertain = self.scenario.uncertain
        if not uncertain:
            return [self.twin(base)]
        n = max(self.scenario.run.replications // 2, 2)
        columns = {name: draws(text, name, n, self.scenario.run.seed) for name, text in uncertain.items()}
        return [self.twin(base, {name: float(c[k]) for name, c in columns.items()}) for k in range(n)]

    def parameter(self, name: str) -> Path:
        """Where the number called `name` stands in the changes; InvalidInput(scenario.parameter) names the near."""
        places = {dotted(path): path for path, _ in leaves(self.scenario.changes)}
        asked = name.removeprefix("changes")
        found = [p for text, p in places.items() if f".{text}".endswith(f".{asked}")]
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidInput(
                "scenario.parameter", f"{self._place(name)}: {name!r} may be "
                f"{' or '.join(dotted(p) for p in found)}.", hint="Write more of its place.",
            )  # fmt: skip
        known = {text.partition(".")[2] for text in places}
        raise InvalidInput.unknown("scenario.parameter", f"parameter in {self._place(name)}:", name, known)

    def _place(self, name: str) -> str:
        for block in (("uncertain",), ("sweep",), ("optimise", "choose")):
            if (*block, name) in self.document.lines:
                return self.document.place((*block, name))
        return self.document.name

    def points(self, values: Mapping[str, list[Value]]) -> list[dict[str, Value]]:
        """The grid over `values`, the last parameter moving fastest."""
        size = 1
        for options in values.values():
            size *= len(options)
        if size > MOST_POINTS:
            raise InvalidInput("scenario.grid", f"The grid has {size:,} points; {MOST_POINTS:,} is the most.",
                               hint="Take fewer values.")  # fmt: skip
        return [dict(zip(values, point)) for point in product(*values.values())]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every number and text in `value` and its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for k, item in enumerate(value):
            yield from leaves(item, (*path, k))
    else:
        yield path, value


def put(value: Any, path: Path, new: Any) -> None:
    """Set what stands at `path`."""
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new


def read_scenario(text: str, name: str) -> Read:
    """The scenario in `text` of a file called `name`, checked as far as no twin is needed.

    Raises InvalidInput(scenario.syntax, scenario.field, scenario.kind, scenario.parameter, scenario.uncertain).
    """
    document = read_document(text, name)
    scenario: Scenario = convert(document.data, Scenario, document, ())
    read = Read(scenario, document)
    for k, one in enumerate(scenario.changes):
        parse_change(one, document, ("changes", k))
    for parameter, said in scenario.uncertain.items():
        number(read, parameter)
        try:
            distribution(said)
        except InvalidInput as error:
            error.message = f"{document.place(('uncertain', parameter))}: {error.message}"
            raise
    for parameter in [*scenario.sweep, *(scenario.optimise.choose if scenario.optimise else ())]:
        read.parameter(parameter)
    return read


def number(read: Read, parameter: str) -> float:
    """The number at a parameter; InvalidInput(scenario.parameter) if it is not one."""
    value: Any = read.scenario.changes
    for step in read.parameter(parameter):
        value = value[step]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInput("scenario.parameter", f"{read._place(parameter)}: {parameter} is {value!r}, not a number.",
                           hint="Write a span in seconds where it is to vary.")  # fmt: skip
    return float(value)


def schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, for editors that complete and check while one types."""
    kinds = KINDS.names()
    changes = [KINDS.take(kind).Change for kind in kinds]
    (top, *rest), defined = msgspec.json.schema_components(
        [Scenario, *changes], ref_template="#/$defs/{name}"
    )  # fmt: skip
    names = dict(zip(kinds, rest))
    defined["Scenario"]["properties"]["changes"]["items"] = {
        "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False, "properties": names,
    }  # fmt: skip
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **top, "$defs": defined}
