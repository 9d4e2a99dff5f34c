"""Time a thing in its own process, a few times, and its peak memory: fair to both sides."""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def measured(
    work: Callable[..., Any], *arguments: Any, setup: Callable[..., Any] | None = None, runs: int = 3
) -> dict[str, float]:
    """Median seconds and peak MiB above the start of `work(*arguments)`, in a process of its own.

    With `setup`, the work gets what `setup(*arguments)` returned instead. It runs once before the clock, so that
    compilation and caches are not counted. `work` and `setup` are functions of a module.
    """
    context = mp.get_context("spawn")
    parent, child = context.Pipe()
    process = context.Process(target=_run, args=(work, arguments, setup, runs, child))
    process.start()
    child.close()
    try:
        result: dict[str, float] = json.loads(parent.recv())
    except EOFError:
        result = {"seconds": float("nan"), "peak_mib": float("nan")}
    process.join()
    return result


def _run(work: Callable[..., Any], arguments: Any, setup: Callable[..., Any] | None, runs: int, out: Any) -> None:
    given = arguments if setup is None else (setup(*arguments),)
    start = _peak_mib(reset=True)
    work(*given)
    seconds = []
    for _ in range(runs):
        before = time.perf_counter()
        work(*given)
        seconds.append(time.perf_counter() - before)
    out.send(json.dumps({"seconds": statistics.median(seconds), "peak_mib": _peak_mib() - start}))


def _peak_mib(reset: bool = False) -> float:
    """Peak resident memory from the kernel; `reset` starts it anew at the present size (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def about(*packages: str) -> str:
    """One line on the machine and the versions."""
    found = []
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {', '.join(found)}"


def table(rows: list[dict[str, object]]) -> str:
    """Rows as a Markdown table."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row[n]) for n in names) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return (
        f"{value:.3g}"
        if isinstance(value, float) and abs(value) < 100
        else f"{value:,.0f}"
        if isinstance(value, float)
        else str(value)
    )


def keep(name: str, text: str) -> None:
    """Print, and with `--write` put the text into docs/bench/NAME.md."""
    print(text)
    if "--write" in sys.argv:
        Path(__file__).parent.parent.joinpath("docs", "bench", f"{name}.md").write_text(text + "\n")
