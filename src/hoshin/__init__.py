"""hoshin: the open platform for operational excellence, from event log to audited savings.

>>> import hoshin
>>> log = hoshin.EventLog.from_traces(["abc", "ac"])
>>> log.n_cases, log.n_events
(2, 5)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hoshin.log.eventlog import EventLog as EventLog

__version__ = "0.1.0"

# Public name -> where it lives. Loaded on first use, so `import hoshin` stays a few milliseconds.
_PUBLIC = {
    "EventLog": "hoshin.log.eventlog",
}
__all__ = ["EventLog", "__version__"]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'hoshin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
