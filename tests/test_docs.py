"""Docs are executed: every console and python block of the README and the how-to pages runs as written."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("how/*.md"))]
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


MARK = "@@ done with command"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_page_runs(page: Path, tmp_path: Path) -> None:
    """The blocks of a page run in order, in one shell that starts in an empty folder. A `$ ` line is a command
    that must succeed; the lines under it are what a reader sees, and each must stand in the output (`...` is
    skipped)."""
    commands = list(commands_of(page.read_text(encoding="utf-8"), tmp_path))
    if not commands:
        pytest.skip(f"{page.name} has nothing to run")
    script = "set -e\n" + "".join(f"{command}\necho '{MARK}'\n" for command, _ in commands)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOSHIN_DOCS": str(ROOT / "docs"),
    }
    place = tmp_path / "reader"
    place.mkdir()
    done = subprocess.run(
        ["bash", "-c", script], cwd=place, env=environment, text=True, timeout=600,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    outputs = done.stdout.split(MARK)
    for (command, shown), output in zip(commands, outputs, strict=False):
        for line in shown:
            assert squeeze(line) in squeeze(output), f"{page.name}: {command}\n{output}"
    assert done.returncode == 0, f"{page.name}: {commands[len(outputs) - 1][0]}\n{outputs[-1]}"


def commands_of(text: str, scratch: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command of the page with the lines shown under it; a python block is a command too."""
    for at, (kind, block) in enumerate(BLOCK.findall(text)):
        if kind == "python":
            (scratch / f"block{at}.py").write_text(block, encoding="utf-8")
            yield f"{shlex.quote(sys.executable)} {scratch / f'block{at}.py'}", []
            continue
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield command, [line for line in map(str.strip, shown.splitlines()) if line not in ("", "...")]


def squeeze(text: str) -> str:
    return " ".join(text.split())
