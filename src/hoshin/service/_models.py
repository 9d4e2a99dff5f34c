"""Stored models: `models/NAME.ptml`, `.pnml` or `.bpmn` in the workspace, or a file anywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from hoshin.connect.model import bpmn, pnml, ptml
from hoshin.errors import InvalidInput, NotFound
from hoshin.mine.model.bpmn import Bpmn
from hoshin.mine.model.family import Model, as_bpmn, as_net, as_tree
from hoshin.mine.model.petri import PetriNet
from hoshin.mine.model.tree import ProcessTree
from hoshin.service._workspace import Workspace

ModelName = Annotated[str, "Name of a stored model, or a .bpmn, .pnml or .ptml file"]
SUFFIXES = (".bpmn", ".pnml", ".ptml")


def folder(ws: Workspace) -> Path:
    return ws.folder("models")


def names(ws: Workspace) -> list[str]:
    return sorted(p.stem for p in folder(ws).iterdir() if p.suffix in SUFFIXES)


def read_model(path: Path) -> Model:
    """A model file, by its suffix; InvalidInput(model.suffix) for another."""
    match path.suffix.lower():
        case ".bpmn":
            return bpmn.read(path)
        case ".pnml":
            return pnml.read(path)
        case ".ptml":
            return ptml.read(path)
    raise InvalidInput("model.suffix", f"{path.name} is not a model file.", hint="Use .bpmn, .pnml or .ptml.")


def write_model(model: Model, path: Path) -> None:
    """Write `model` in the notation of the suffix, converting it exactly or refusing."""
    match path.suffix.lower():
        case ".bpmn":
            bpmn.write(as_bpmn(model, path.stem), path)
        case ".pnml":
            pnml.write(as_net(model), path)
        case ".ptml":
            ptml.write(as_tree(model), path)
        case _:
            raise InvalidInput("model.suffix", f"{path.name} is not a model file.", hint="Use .bpmn, .pnml or .ptml.")


def load_model(ws: Workspace, name: str) -> Model:
    """The stored model `name`, or the file of that path; NotFound(model.none) names the nearest."""
    return read_model(Path(name) if Path(name).suffix.lower() in SUFFIXES else model_file(ws, name))


def model_file(ws: Workspace, name: str) -> Path:
    """Where the stored model `name` is; NotFound(model.none) names the nearest."""
    for suffix in SUFFIXES:
        path = folder(ws) / f"{name}{suffix}"
        if path.is_file():
            return path
    raise NotFound.unknown("model.none", "model", name, names(ws))


def store_model(ws: Workspace, model: Model, name: str) -> Path:
    """Store `model` in its own notation as `name`, in place of one of that name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise InvalidInput(
            "model.name",
            f"{name!r} cannot name a model.",
            hint="Use letters, digits, '_' and '-', at most 64, starting with a letter or digit.",
        )
    suffix = {ProcessTree: ".ptml", PetriNet: ".pnml", Bpmn: ".bpmn"}[type(model)]
    for other in SUFFIXES:
        (folder(ws) / f"{name}{other}").unlink(missing_ok=True)
    path = folder(ws) / f"{name}{suffix}"
    write_model(model, path)
    return path
