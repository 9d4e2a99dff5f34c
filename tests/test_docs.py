"""Docs are executed: every console and python block of the README and the how-to pages runs as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("how/*.md"))]
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_page_runs(page: Path, tmp_path: Path) -> None:
    """The blocks of a page run in order in one empty folder. A `$ ` line is a command that must succeed;
    the lines under it are what a reader sees, and each must stand in the output (`...` is skipped)."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOSHIN_DOCS": str(ROOT / "docs"),
    }
    for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind == "python":
            run([sys.executable, "-c", text], tmp_path, environment)
            continue
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            output = run(["bash", "-c", command], tmp_path, environment)
            for line in filter(None, (line.strip() for line in shown.splitlines())):
                if line != "...":
                    assert squeeze(line) in squeeze(output), f"{page.name}: {command}"


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def squeeze(text: str) -> str:
    return " ".join(text.split())
