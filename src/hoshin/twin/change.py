"""Changes to a twin: a new twin that differs from the old in what is asked, and only there."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hoshin.errors import HoshinError, InvalidInput
from hoshin.shelf import Shelf
from hoshin.twin.document import Document, Path
from hoshin.twin.model import Twin

KINDS = Shelf("hoshin.twin.scenarios", "kind of change")
SOMEWHERE = Document("changes", {}, {})


def change(twin: Twin, *changes: dict[str, Any], document: Document = SOMEWHERE) -> Twin:
    """`twin` with `changes` made one after the other, each {kind: its fields} (see `hoshin.twin.scenarios`).

    What a change takes for granted is added to the twin's assumptions. `document` is where the changes stand, for
    errors. Raises InvalidInput(shelf.unknown, scenario.field, scenario.change) and what the kinds raise.

    >>> from hoshin.twin.model import Duration
    >>> from hoshin.twin.network import Station, network
    >>> desk = network({"desk": Station(Duration())}, mean_gap_s=60.0)
    >>> change(desk, {"demand": {"factor": 2}}).arrival.demand
    2.0
    """
    made = [parse_change(one, document, ("changes", k)) for k, one in enumerate(changes)]
    for k, ((kind, asked), raw) in enumerate(zip(made, changes, strict=True)):
        path: Path = ("changes", k, kind)
        try:
            twin = KINDS.take(kind).apply(asked, twin)
        except HoshinError as error:
            blamed = _holder(raw[kind], error.context.get("got"), path)
            error.message = f"{document.place(blamed)}: {error.message}"
            raise
    return twin


def parse_change(raw: Any, document: Document, path: Path) -> tuple[str, Any]:
    """Kind and fields of one change, checked against its schema."""
    if not isinstance(raw, dict) or len(raw) != 1:
        raise InvalidInput(
            "scenario.change", f"{document.place(path)}: a change is one key, its kind, with its fields below.",
            hint=f"Kinds: {', '.join(KINDS.names())}.",
        )  # fmt: skip
    kind = str(next(iter(raw)))
    if kind not in KINDS.names():
        place = document.place((*path, kind))
        raise InvalidInput.unknown("scenario.kind", f"kind of change in {place}:", kind, KINDS.names())
    return kind, convert(raw[kind], KINDS.take(kind).Change, document, (*path, kind))


def convert(raw: Any, kind: Any, document: Document, path: Path) -> Any:
    """`raw` as a `kind`; InvalidInput(scenario.field) names the file, line, key, value and what was expected."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        text, _, inside = str(error).partition(" - at `$")
        steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", inside)
        deep: Path = tuple(name or int(index) for name, index in steps)
        unknown = re.fullmatch(r"Object contains unknown field `(.*)`", text)
        if unknown:
            deep = (*deep, unknown[1])
            known = _fields(kind, deep[:-1])
            place = document.place((*path, *deep))
            raise InvalidInput.unknown("scenario.field", f"field in {place}:", unknown[1], known) from None
        value = _at(raw, deep)
        shown = "" if isinstance(value, dict) else f" It is {value!r}."
        raise InvalidInput(
            "scenario.field", f"{document.place((*path, *deep))}: {text}.{shown}",
            hint=f"Fields here: {', '.join(_fields(kind, deep[:-1]) or ['none'])}.",
        ) from None  # fmt: skip


def _at(raw: Any, path: Path) -> Any:
    for step in path:
        raw = raw[step] if isinstance(step, int) or step in raw else None
    return raw


def _fields(kind: Any, path: Path) -> list[str]:
    """Names of the fields of the struct at `path` inside `kind`."""
    from msgspec import inspect

    def struct(info: Any) -> Any:
        return next((t for t in getattr(info, "types", [info]) if isinstance(t, inspect.StructType)), None)

    here = struct(inspect.type_info(kind))
    for step in path:
        field = next((f for f in here.fields if f.encode_name == step), None) if here else None
        here = struct(field.type) if field else None
    return [f.encode_name for f in here.fields] if here else []


def _holder(raw: Any, got: object, path: Path) -> Path:
    """The path inside `raw` of the value `got`, as far as it is found."""
    if isinstance(raw, dict) and got is not None:
        for key, value in raw.items():
            if key == got or value == got:
                return (*path, key)
            deeper = _holder(value, got, (*path, key))
            if deeper != (*path, key):
                return deeper
    return path
