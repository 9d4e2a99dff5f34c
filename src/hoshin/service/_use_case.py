"""What makes a function a use case, and the one list of them that every door is derived from."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

from hoshin.errors import InvalidInput
from hoshin.shelf import Shelf

Function = TypeVar("Function", bound=Callable[..., Any])

# The area whose use cases stand at the top: `hoshin report`, not `hoshin start report`.
TOP = "start"

areas = Shelf("hoshin.service", "command")


def use_case(
    *, writes: bool = False, bare: bool = False, top: bool = False, audited: bool = False, local: bool = False
) -> Callable[[Function], Function]:
    """Label a function `(ws: Workspace, ...) -> result` as a use case.

    `writes`: it changes the workspace (HTTP: POST, audited). `top`: it stands at the top of the command line
    whatever its area. `audited`: it writes its own ledger entries, so the door adds none. `local`: not offered over
    HTTP. `bare`: it needs no workspace yet; its first
    parameter is then a `Path`, the folder it was called in. The result is a dict, a list of dicts (a
    table), or a string; names end in their unit (`wait_s`, `cost_eur`, `coverage_share`). A question about
    a `log` gets the option `where` (see `_filtered`).
    """

    def label(function: Function) -> Function:
        from hoshin.service._filtered import can_filter, filtered

        if not writes and can_filter(function):
            function = filtered(function)  # type: ignore[assignment]
        function.__use_case__ = {  # type: ignore[attr-defined]
            "writes": writes, "bare": bare, "audited": audited, "local": local or bare,
        }  # fmt: skip
        return function

    return label


@dataclass(frozen=True, slots=True)
class Listed:
    """A use case as the source shows it: enough for help and docs without importing it."""

    area: str
    name: str
    summary: str
    writes: bool
    top: bool = False


@cache
def listed() -> tuple[Listed, ...]:
    """Every use case, read from the sources of `service/` without importing them."""
    found = []
    for area in areas.names():
        path = areas.folder() / f"{area}.py"
        for node in _parsed(path).body:
            if isinstance(node, ast.FunctionDef):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "use_case":
                        doc = (ast.get_docstring(node) or "").partition("\n")[0]
                        on = {k.arg for k in mark.keywords if getattr(k.value, "value", False)}
                        top = area == TOP or "top" in on
                        found.append(Listed(area, node.name, doc, "writes" in on, top))
    return tuple(found)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def area_summary(area: str) -> str:
    return (ast.get_docstring(_parsed(areas.folder() / f"{area}.py")) or "").partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a use case. `kind` is the bare type; `choices` are those of a Literal.

    `named` is true for keyword-only parameters: options on a command line; the others are arguments. `short` is a
    one-letter flag: `Annotated[Path, "help", "-f"]`.
    """

    name: str
    kind: type
    help: str
    default: Any
    required: bool
    named: bool
    many: bool
    choices: tuple[str, ...]
    short: str = ""


@dataclass(frozen=True, slots=True)
class UseCase:
    """A loaded use case: call it as `call(ws, **arguments)`."""

    area: str
    name: str
    call: Callable[..., Any]
    writes: bool
    bare: bool
    parameters: tuple[Parameter, ...]
    audited: bool = False
    local: bool = False

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.call) or ""


def load(area: str, name: str) -> UseCase:
    """Import the use case; NotFound(service.unknown) lists the near ones."""
    names = [u.name for u in listed() if u.area == area]
    if name not in names:
        raise InvalidInput.unknown("service.unknown", "use case", name, names)
    call = getattr(areas.take(area), name)
    return UseCase(area, name, call, **call.__use_case__, parameters=parameters(call))


def parameters(call: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The arguments of a use case after the workspace, from its annotations.

    Understood: str, int, float, bool, Path, Literal of strings, list of one of these, each perhaps
    `| None`; `Annotated[..., "help"]` gives the help text.
    """
    hints = typing.get_type_hints(call, include_extras=True)
    result = []
    for name, parameter in list(inspect.signature(call).parameters.items())[1:]:
        hint, text, short = hints[name], "", ""
        if get_origin(hint) is Annotated:
            hint, text, short = (*get_args(hint), "")[:3]
        arms = [a for a in get_args(hint) if a is not type(None)] if _is_union(hint) else [hint]
        hint = arms[0]
        many = get_origin(hint) is list
        if many:
            hint = get_args(hint)[0]
        choices = tuple(get_args(hint)) if get_origin(hint) is typing.Literal else ()
        required = parameter.default is inspect.Parameter.empty
        result.append(
            Parameter(
                name=name,
                kind=str if choices else hint,
                help=text,
                default=None if required else parameter.default,
                required=required,
                named=parameter.kind is inspect.Parameter.KEYWORD_ONLY,
                many=many,
                choices=choices,
                short=short,
            )
        )
    return tuple(result)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (typing.Union, types.UnionType)
