"""YAML and TOML as plain data that still knows on which line each key stands."""

from __future__ import annotations

import datetime
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from hoshin.errors import InvalidInput

Path = tuple[str | int, ...]
NUMBER = re.compile(r"[-+]?(\d[\d_]*)?\.?\d+([eE][-+]?\d+)?")
WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data of the file called `name`; `lines`: the line of each key or item by its path."""

    name: str
    data: dict[str, Any]
    lines: dict[Path, int]

    def place(self, path: Path) -> str:
        """'bots.yaml, line 7, changes[0].automate.coverage': the nearest place that the file has."""
        line = next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), 1)
        return f"{self.name}, line {line}" + (f", {dotted(path)}" if path else "")


def dotted(path: Path) -> str:
    """
    >>> dotted(("changes", 0, "demand"))
    'changes[0].demand'
    """
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def read_document(text: str, name: str) -> Document:
    """`text` of a file `name` that ends in .yaml, .yml, .json or .toml.

    Dates and times of day stay text. Raises InvalidInput(scenario.suffix, scenario.syntax, scenario.twice).

    >>> read_document("demand:\\n  factor: 1.2\\n  from: 2027-03-01\\n", "a.yaml").data
    {'demand': {'factor': 1.2, 'from': '2027-03-01'}}
    """
    suffix = name.rpartition(".")[2].lower()
    if suffix not in ("yaml", "yml", "json", "toml"):
        raise InvalidInput("scenario.suffix", f"{name} is neither YAML nor TOML.", hint="Name it .yaml or .toml.")
    found = _toml(text, name) if suffix == "toml" else _yaml(text, name)
    if not isinstance(found.data, dict):
        raise InvalidInput("scenario.syntax", f"{name} holds no keys.", hint="Begin with 'scenario: NAME'.")
    return found


def _yaml(text: str, name: str) -> Document:
    import yaml

    lines: dict[Path, int] = {}

    def plain(node: Any, path: Path) -> Any:
        if isinstance(node, yaml.SequenceNode):
            for k, item in enumerate(node.value):
                lines[(*path, k)] = item.start_mark.line + 1
            return [plain(item, (*path, k)) for k, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            found = {}
            for key, value in node.value:
                here = (*path, str(key.value))
                line = key.start_mark.line + 1
                if here in lines:
                    raise InvalidInput("scenario.twice", f"{name}, line {line}: {dotted(here)} is given twice.")
                lines[here] = line
                found[str(key.value)] = plain(value, here)
            return found
        return _scalar(node.value) if node.style is None else node.value

    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise InvalidInput("scenario.syntax", f"{name}: {error}", hint="Check the indentation and quotes.") from error
    return Document(name, plain(root, ()) if root is not None else {}, lines)


def _scalar(text: str) -> Any:
    """An unquoted value: a truth value, a number, or text."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if NUMBER.fullmatch(text):
        clean = text.replace("_", "")
        return int(clean) if re.fullmatch(r"[-+]?\d+", clean) else float(clean)
    return text


def _toml(text: str, name: str) -> Document:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput("scenario.syntax", f"{name}: {error}.") from error
    return Document(name, _texts(data), _toml_lines(text))


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(v) for v in value]
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else value


def _toml_lines(text: str) -> dict[Path, int]:
    """Where tables begin and keys stand; keys inside inline tables count as their line."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        key = re.match(r"\s*([\w.\"'-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=", line)
        if head:
            table = ()
            parts = _parts(head[2])
            for n, part in enumerate(parts):
                table = (*table, part)
                if head[1] == "[[" and n == len(parts) - 1:
                    counts[table] = counts.get(table, -1) + 1
                if table in counts:
                    table = (*table, counts[table])
            lines.setdefault(table, number)
        elif key:
            lines.setdefault((*table, *_parts(key[1])), number)
    return lines


def _parts(text: str) -> list[str]:
    return [p.strip().strip("\"'") for p in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", text)]
