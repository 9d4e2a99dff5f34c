"""Digital twins on disk: one JSON document per version, named by what it holds, and a pointer to the current."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from hoshin.errors import InvalidInput, NotFound

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class TwinStore:
    """Documents under `root`/NAME/VERSION.json; a version is the hash of its bytes and never changes."""

    root: Path

    def write(self, name: str, document: bytes, at: str) -> str:
        """Store `document` as the current version of `name`, noting `at` (ISO time) in its history; returns the
        version."""
        if not NAME.fullmatch(name):
            raise InvalidInput("twin.name", f"{name!r} cannot name a twin.",
                               hint="Use letters, digits, '.', '_' and '-', at most 64.")  # fmt: skip
        version = hashlib.sha256(document).hexdigest()[:12]
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        _put(folder / f"{version}.json", document)
        self._point(folder, version, at)
        return version

    def revert(self, name: str, version: str, at: str) -> str:
        """Make `version` the current one again; nothing is deleted. Returns the version that was current."""
        before = self.read(name)[0]
        found = self.read(f"{name.partition('@')[0]}@{version}")[0]
        self._point(self.root / name.partition("@")[0], found, at)
        return before

    def history(self, name: str) -> list[tuple[str, str]]:
        """(version, ISO time) of every change of what is current, earliest first."""
        self.read(name)
        file = self.root / name.partition("@")[0] / "history"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [(version, at) for version, _, at in (line.partition(" ") for line in lines)]

    def _point(self, folder: Path, version: str, at: str) -> None:
        file = folder / "history"
        past = file.read_bytes() if file.exists() else b""
        _put(file, past + f"{version} {at}\n".encode())
        _put(folder / "current", version.encode())

    def current(self, name: str) -> str:
        """The current version of the twin `name`, "" if there is none."""
        pointer = self.root / name / "current"
        return pointer.read_text(encoding="utf-8") if NAME.fullmatch(name) and pointer.exists() else ""

    def read(self, name: str) -> tuple[str, bytes]:
        """Version and document of the twin `name` or `name@version`. NotFound(twin.unknown) names the near ones."""
        plain, _, version = name.partition("@")
        folder = self.root / plain
        if not NAME.fullmatch(plain) or not (folder / "current").exists():
            known = [p.name for p in self.root.iterdir() if (p / "current").exists()] if self.root.exists() else []
            raise NotFound.unknown("twin.unknown", "twin", plain, known)
        version = version or (folder / "current").read_text(encoding="utf-8")
        held = {p.stem for p in folder.glob("*.json")}
        if version not in held:
            raise NotFound.unknown("twin.version", "version", version, held)
        return version, (folder / f"{version}.json").read_bytes()


def _put(target: Path, data: bytes) -> None:
    """Write whole or not at all."""
    scratch = target.with_name(f".{target.name}.writing")
    scratch.write_bytes(data)
    scratch.replace(target)
