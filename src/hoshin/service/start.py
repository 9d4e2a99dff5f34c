"""The first steps: make a workspace, run the demo, write a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from hoshin.service._use_case import use_case
from hoshin.service._workspace import create


@use_case(writes=True, bare=True)
def init(here: Path, folder: Annotated[Path, "Folder to make a workspace of"] = Path(".")) -> dict[str, Any]:
    """Make a folder a hoshin workspace: logs, records and reports live in it and nowhere else.

    Example: hoshin init my-process
    """
    ws = create(here / folder)
    return {"workspace": str(ws.root), "next": "hoshin log import FILE"}
