"""Arguments of a use case from plain values (JSON, a query, `name=value`): converted, none unknown, none missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hoshin.errors import InvalidInput
from hoshin.service._use_case import Parameter, UseCase, listed, load


def convert(use: UseCase, given: Mapping[str, Any], *, strict: bool = False) -> dict[str, Any]:
    """The arguments to call `use` with. InvalidInput(service.parameter) names the bad one. `strict`: types as in
    JSON, where "5" is no number and one thing no list; else what a text can be read as."""
    known = {p.name.rstrip("_"): p for p in use.parameters}
    found: dict[str, Any] = {}
    for name, value in given.items():
        parameter = known.get(name.replace("-", "_").rstrip("_"))
        if parameter is None:
            raise InvalidInput.unknown("service.parameter", f"parameter of {use.area}.{use.name}", name, known)
        found[parameter.name] = value_of(parameter, value, strict)
    for name, parameter in known.items():
        if parameter.required and parameter.name not in found:
            raise InvalidInput("service.missing", f"{use.area}.{use.name} needs {name!r}.", hint=parameter.help)
    return {p.name: found.get(p.name, p.default) for p in use.parameters}


def value_of(parameter: Parameter, value: Any, strict: bool = False) -> Any:
    """`value` as the parameter's type."""
    if value is None and not parameter.required and not (strict and parameter.default is not None):
        return parameter.default
    if parameter.many:
        several = isinstance(value, Sequence) and not isinstance(value, str)
        if strict and not several:
            raise InvalidInput("service.parameter", f"{parameter.name} = {value!r} is no list.", hint=parameter.help)
        return [_one(parameter, v, strict) for v in (value if several else [value])]
    return _one(parameter, value, strict)


def _one(parameter: Parameter, value: Any, strict: bool) -> Any:
    kind: Any = str if parameter.kind is Path else parameter.kind
    try:
        got = msgspec.convert(value, kind, strict=strict or kind is str)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            "service.parameter", f"{parameter.name} = {value!r}: {error}.", hint=parameter.help
        ) from error
    odd = (kind is float and not math.isfinite(got)) or (kind is int and abs(got) >= 2**63)
    if odd or (kind is str and "\x00" in got):
        raise InvalidInput("service.parameter", f"{parameter.name} = {value!r} is out of range.", hint=parameter.help)
    if parameter.choices and got not in parameter.choices:
        raise InvalidInput.unknown("service.parameter", parameter.name, str(got), [c for c in parameter.choices if c])
    return Path(got) if parameter.kind is Path else got


def use_named(text: str) -> UseCase:
    """'mine.map', 'mine map' or 'mine/map' as the use case; InvalidInput(service.unknown) names the nearest."""
    words = text.replace(".", " ").replace("/", " ").replace("-", "_").split()
    known = {f"{u.area}.{u.name.rstrip('_')}": u for u in listed()}
    asked = ".".join(w.rstrip("_") for w in words)
    if asked not in known:
        raise InvalidInput.unknown("service.unknown", "use case", asked, known)
    return load(known[asked].area, known[asked].name)


def pairs(texts: Sequence[str]) -> dict[str, Any]:
    """['keep=0.8', 'column=a', 'column=b'] as {'keep': '0.8', 'column': ['a', 'b']}.

    >>> pairs(["keep=0.8", "column=a", "column=b"])
    {'keep': '0.8', 'column': ['a', 'b']}
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput("service.pair", f"{text!r} is not name=value.", hint="For example: keep=0.8")
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
        else:
            found[name] = value
    return found
