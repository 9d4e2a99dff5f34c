"""Show the result of a use case: tables and figures for people, JSON or CSV for programs.

Names carry units, so one rule per suffix is enough: `_s` is a duration, `_share` a percentage.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hoshin.units import duration, share

UNITS: dict[str, Callable[[float], str]] = {"_s": duration, "_share": share}


def render(result: Any, style: str) -> None:
    """Print `result` in `style`: table, csv or json."""
    if result is None:
        return
    if style == "json":
        print(msgspec.json.format(msgspec.json.encode(result, enc_hook=plain), indent=2).decode())
    elif isinstance(result, str):
        print(result)
    else:
        data = msgspec.to_builtins(result, enc_hook=plain)
        if style == "csv":
            print(as_csv(data if isinstance(data, list) else [data]), end="")
        else:
            show(data)


def plain(value: Any) -> Any:
    """numpy scalars and arrays, and anything else that JSON lacks."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


def show(data: Any, title: str = "") -> None:
    if isinstance(data, list) and data and isinstance(data[0], dict):
        table(data, title)
    elif isinstance(data, dict):
        inner = {k: v for k, v in data.items() if isinstance(v, (dict, list)) and v}
        flat = {k: v for k, v in data.items() if k not in inner}
        if flat:
            width = max(len(label(k)) for k in flat)
            for key, value in flat.items():
                print(f"{label(key):<{width}}  {cell(key, value)}")
        for key, value in inner.items():
            print()
            show(value, label(key))
    elif isinstance(data, list):
        if title:
            print(f"{title}:")
        for item in data:
            print(f"  {item}")
        if not data:
            print("Nothing found.")
    else:
        print(data)


def table(rows: Sequence[dict[str, Any]], title: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    names = list(dict.fromkeys(key for row in rows for key in row))
    shown = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in names:
        numeric = all(isinstance(row.get(name), (int, float, type(None))) for row in rows)
        shown.add_column(label(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(escape(cell(name, row.get(name))) for name in names))
    # A pipe has no width: give it room, so that nothing is cut.
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200)
    console.print(shown)


def label(name: str) -> str:
    for suffix in UNITS:
        name = name.removesuffix(suffix)
    return name.replace("_", " ")


def cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        for suffix, write in UNITS.items():
            if name.endswith(suffix):
                return write(float(value))
        return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple)):
        return " > ".join(str(v) for v in value)
    if isinstance(value, dict):
        return ", ".join(f"{k}: {cell(k, v)}" for k, v in value.items())
    return str(value)


def as_csv(rows: Sequence[Any]) -> str:
    text = io.StringIO()
    flat = [row if isinstance(row, dict) else {"value": row} for row in rows]
    names = list(dict.fromkeys(key for row in flat for key in row))
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for row in flat:
        writer.writerow(
            {k: msgspec.json.encode(v).decode() if isinstance(v, (dict, list)) else v for k, v in row.items()}
        )
    return text.getvalue()
