"""Named things in immutable, content-hashed versions: what stored logs of every kind have in common.

    <root>/<name>/<version>/..., meta.json
    <root>/<name>/current        the version a bare name means

`version` is the first 12 hex digits of the SHA-256 over the content, so storing the same content twice is one
version. A version is written beside its place and moved in, so a crash leaves either all of it or nothing.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from hoshin.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a stored log without opening its columns."""

    name: str
    version: str
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Versions:
    """The things below `root`; `what` they are called."""

    what: ClassVar[str] = "log"
    root: Path

    def names(self) -> list[str]:
        return sorted(p.parent.name for p in self.root.glob("*/current"))

    def versions(self, name: str) -> list[str]:
        """Versions of `name`, oldest first."""
        self.stored(name)
        metas = sorted((self.root / name).glob("*/meta.json"), key=lambda p: p.stat().st_mtime_ns)
        return [p.parent.name for p in metas]

    def stored(self, name: str) -> Stored:
        """Meta of `name` or `name@version`; NotFound(log.none) names the nearest."""
        bare, _, version = name.partition("@")
        if bare not in self.names():
            raise NotFound.unknown("log.none", self.what, bare, self.names())
        folder = self.root / bare
        version = version or (folder / "current").read_text(encoding="utf-8").strip()
        if not (folder / version / "meta.json").is_file():
            raise NotFound.unknown(
                "log.version", "version", version, [p.parent.name for p in folder.glob("*/meta.json")]
            )
        return Stored(bare, version, json.loads((folder / version / "meta.json").read_text(encoding="utf-8")))

    @contextmanager
    def _scratch(self, name: str) -> Iterator[Path]:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _settle(
        self, name: str, version: str, scratch: Path, meta: dict[str, Any], source: dict[str, Any] | None
    ) -> Stored:
        """Move a written folder to its place, or only renew what is said of the source of one that is there."""
        folder = self.root / name
        place = folder / version
        meta |= {"source": source or {}, "stored_at": datetime.now(UTC).isoformat(timespec="seconds")}
        text = json.dumps(meta, ensure_ascii=False)
        if not place.exists():
            (scratch / "meta.json").write_text(text, encoding="utf-8")
            scratch.rename(place)
        elif source is not None:
            about = place / ".meta.json"
            about.write_text(text, encoding="utf-8")
            about.replace(place / "meta.json")
        pointer = folder / ".current"
        pointer.write_text(version + "\n", encoding="utf-8")
        pointer.replace(folder / "current")
        return Stored(name, version, meta)


def check_name(name: str) -> None:
    """InvalidInput(log.name) unless `name` can name a log (and its folder)."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise InvalidInput(
            "log.name",
            f"{name!r} cannot name a log.",
            hint="Use letters, digits, '.', '_' and '-', at most 64, starting with a letter or digit.",
        )
