"""Progress bars on stderr, for tasks a person waits for; nothing without a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hoshin.service._workspace import Advance


@dataclass(frozen=True, slots=True)
class Terminal:
    """The `Progress` of the command line."""

    quiet: bool = False

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Advance]:
        if self.quiet or not sys.stderr.isatty():
            yield lambda amount=1: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            bar = bars.add_task(what, total=total)
            yield lambda amount=1: bars.advance(bar, amount)
