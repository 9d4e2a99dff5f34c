"""What the readers of object-centric logs share at the end: build the log, say what was assumed."""

from __future__ import annotations

from hoshin.connect._clock import Clock
from hoshin.log.ocel_build import OcelBuilt, OcelParts, build_ocel


def finish(parts: OcelParts, clock: Clock, *notes: str) -> OcelBuilt:
    """The log of `parts`, its times read by `clock`; `notes` are what the reader left out."""
    built = build_ocel(parts, clock, name=clock.path.name, time_zone=clock.zone)
    return OcelBuilt(built.ocel, built.rejected, (*built.notes, *notes, *clock.notes()))
