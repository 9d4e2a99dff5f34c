"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from tools import docs

SRC = Path(__file__).resolve().parent.parent / "src" / "hoshin"
FILES = sorted(SRC.rglob("*.py"))
BANNED = {"utils", "util", "common", "core", "base", "manager", "handler", "helpers", "misc"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_file_is_small_named_for_a_noun_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert path.stem.strip("_") not in BANNED
    assert len(path.relative_to(SRC).parts) <= 3, "two folders deep at most"
    assert text.count("\n") <= 400, "split it"
    assert ast.get_docstring(ast.parse(text)), "a module docstring says what the file is for"


def test_import_is_quiet_and_light() -> None:
    """`import hoshin` and the command line load no numba, polars or web framework, and print nothing."""
    code = (
        "import sys, hoshin, hoshin.cli.app\n"
        "heavy = {'numba', 'numpy', 'polars', 'pandas', 'pyarrow', 'duckdb', 'starlette', 'fastapi', 'sqlalchemy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
    assert done.stderr == ""


@pytest.mark.parametrize("page", docs.PAGES)
def test_generated_docs_are_fresh(page: str) -> None:
    assert page not in docs.stale(), "run: python -m tools.docs"
