"""XES (IEEE 1849) and gzipped XES: read with every attribute kept, and write."""

from __future__ import annotations

from pathlib import Path

from hoshin.connect._source import Advance
from hoshin.log.build import Built
from hoshin.log.eventlog import EventLog

EXTENSIONS = (".xes", ".xes.gz")


def read(path: Path, *, time_zone: str | None = None, currency: str = "", progress: Advance | None = None) -> Built:
    """The log of an XES file; gzip is recognised by content.

    A case is a trace and its id the trace's `concept:name`; a name met again gets '#2', and a trace
    without a name its number, with the name as written kept in the case attribute `concept:name`.
    Events are sorted within their case by time, ties in file order. Times become UTC; one without a
    zone is read as `time_zone`, by default UTC if no time in the file has a zone. An event without
    activity or time is in `rejected`; where no event of the file has a time, all stand at 1970-01-01 in
    the order of the file and `log.header["notes"]` says so. `log.header` keeps the log's attributes,
    extensions, globals, classifiers and the types of all columns; `currency` is that of `cost:total`
    where the log does not say. No entity is expanded and nothing is
    fetched.

    Raises InvalidInput naming file, line and remedy: xml.malformed, xml.dtd, xes.structure,
    xes.mixed_zones, file.empty, file.truncated, file.damaged, file.encoding, file.format.
    """
    from hoshin.connect import _xes_cells, _xes_fast, _xes_tree

    path = Path(path)
    cells = _xes_fast.read_cells(path, progress=progress)
    if cells is None:
        cells = _xes_tree.read_cells(path)
    return _xes_cells.build(cells, path=str(path), name=name_of(path), time_zone=time_zone, currency=currency)


def name_of(path: Path) -> str:
    """
    >>> name_of(Path("data/orders.xes.gz"))
    'orders'
    """
    name = path.name
    for extension in sorted(EXTENSIONS, key=len, reverse=True):
        if name.lower().endswith(extension):
            return name[: -len(extension)]
    return path.stem


def write(log: EventLog, path: Path) -> list[str]:
    """Write `log` as XES, gzipped if `path` ends in .gz. Returns what XES could not hold, in words.

    Reading it back gives the same log. Times are written in `log.time_zone`; the offsets of the source
    are not kept, the instants are.
    """
    from hoshin.connect import _xes_write

    return _xes_write.write_log(log, Path(path))
