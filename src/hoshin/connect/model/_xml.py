"""Reading XML safely, with errors that name the file and the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

from hoshin.errors import InvalidInput, NotFound


def parse(path: Path) -> Any:
    """The root element of the file; no entities, no network. InvalidInput(model.xml) names the line."""
    if not path.is_file():
        raise NotFound("model.file", f"There is no file {path}.", hint="Give the path of a model file.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return etree.parse(str(path), parser).getroot()
    except etree.XMLSyntaxError as error:
        raise InvalidInput("model.xml", f"{path} is not well-formed XML: {error}.", hint="Export it again.") from error


def tag(element: Any) -> str:
    """The local name of an element; empty for processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def descendants(element: Any, name: str) -> list[Any]:
    return [e for e in element.iter() if tag(e) == name]


def child(element: Any, name: str) -> Any | None:
    return next((e for e in element if tag(e) == name), None)


def text(element: Any | None) -> str:
    """The content of an element's `text` child, or its own."""
    if element is None:
        return ""
    inner = child(element, "text")
    return ((inner if inner is not None else element).text or "").strip()


def place_of(path: Path, element: Any) -> str:
    return f"{path}, line {element.sourceline}"


def write(root: Any, path: Path) -> None:
    path.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
