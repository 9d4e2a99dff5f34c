"""A side of a benchmark that needs an environment of its own: run there by file, alone in its process.

Nothing here needs hoshin, so that the interpreter of a peer can import it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path
from typing import Any


def run(python: str, script: str, side: str, file: Path) -> dict[str, Any]:
    """What `python script --only side file` prints last, as JSON; `{"error": ...}` where it fails."""
    done = subprocess.run(
        [python, script, "--only", side, str(file)], capture_output=True, text=True, env=os.environ, check=False
    )
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def versions(python: str, *packages: str) -> str:
    """The versions of `packages` in the environment of `python`."""
    code = f"import importlib.metadata as m; print(', '.join(f'{{p}} {{m.version(p)}}' for p in {packages!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def peak_mb() -> float:
    """Of this process alone: what `getrusage` says is inherited from the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
