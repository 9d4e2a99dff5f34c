"""A shelf is a folder whose file names are the names: `Shelf("hoshin.connect").take("csv")`.

Nothing registers itself. Listing a shelf reads file names only; taking a thing imports its one file.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from hoshin.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Shelf:
    """The modules of package `package` whose names do not start with an underscore."""

    package: str
    what: str = "entry"

    def folder(self) -> Path:
        spec = find_spec(self.package)
        assert spec is not None
        assert spec.submodule_search_locations
        return Path(spec.submodule_search_locations[0])

    def names(self) -> list[str]:
        return sorted(p.stem for p in self.folder().glob("*.py") if not p.stem.startswith("_"))

    def take(self, name: str) -> ModuleType:
        """Import the module called `name`; InvalidInput(shelf.unknown) names the nearest."""
        if name not in self.names():
            raise InvalidInput.unknown("shelf.unknown", self.what, name, self.names())
        return import_module(f"{self.package}.{name}")

    def summaries(self) -> dict[str, str]:
        """First docstring line of every entry, read without importing it."""
        return {name: summary(self.folder() / f"{name}.py") for name in self.names()}


def summary(path: Path) -> str:
    """First line of the module docstring of `path`."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]
