"""PNML: Petri nets as ISO/IEC 15909-2 XML, with the final markings and silent transitions of ProM and pm4py."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from hoshin.connect.model import _xml
from hoshin.errors import InvalidInput
from hoshin.mine.model.petri import NetBuilder, PetriNet, workflow_ends

SILENT = "$invisible$"
NET_TYPE = "http://www.pnml.org/version-2009/grammar/pnmlcoremodel"


def read(path: Path) -> PetriNet:
    """The first net of the file.

    A transition is silent if a `toolspecific` says `activity="$invisible$"` or it has no name. Without
    an initial or final marking, the one source or sink place is marked. Raises InvalidInput naming file and line.
    """
    root = _xml.parse(path)
    nets = _xml.descendants(root, "net")
    if not nets:
        raise InvalidInput("pnml.net", f"{path} holds no <net>.", hint="Give a PNML file.")
    builder = NetBuilder()
    number: dict[str, tuple[str, int]] = {}
    initial: dict[int, int] = {}
    for element in _xml.descendants(nets[0], "place"):
        if (key := element.get("id")) is None:
            continue  # a place of a final marking
        p = builder.place(key)
        number[key] = ("place", p)
        if tokens := _count(path, _xml.child(element, "initialMarking"), 0):
            initial[p] = tokens
    for element in _xml.descendants(nets[0], "transition"):
        key = element.get("id")
        label = _xml.text(_xml.child(element, "name"))
        silent = any(e.get("activity") == SILENT for e in _xml.descendants(element, "toolspecific"))
        number[key] = ("transition", builder.transition(None if silent or not label else label, name=key))
    for element in _xml.descendants(nets[0], "arc"):
        ends = []
        for end in ("source", "target"):
            if element.get(end) not in number:
                raise InvalidInput(
                    "pnml.arc",
                    f"{_xml.place_of(path, element)}: the {end} {element.get(end)!r} of an arc does not exist.",
                    hint="Export the net again.",
                )
            ends.append(number[element.get(end)])
        (kind, a), (other, b) = ends
        if kind == other:
            raise InvalidInput(
                "pnml.arc",
                f"{_xml.place_of(path, element)}: an arc joins two {kind}s.",
                hint="An arc goes between a place and a transition.",
            )
        weight = _count(path, _xml.child(element, "inscription"), 1)
        side, p = (builder.pre[b], a) if kind == "place" else (builder.post[a], b)
        side[p] = side.get(p, 0) + weight
    final: dict[int, int] = {}
    for marking in _xml.descendants(nets[0], "marking")[:1]:
        for element in _xml.descendants(marking, "place"):
            if tokens := _count(path, element, 0):
                final[number[element.get("idref")][1]] = tokens
    if not initial or not final:
        source, sink = workflow_ends(builder.build({}, {}))
        initial, final = initial or {source: 1}, final or {sink: 1}
    return builder.build(initial, final)


def _count(path: Path, element: object | None, default: int) -> int:
    raw = _xml.text(element)
    if not raw:
        return default
    try:
        return int(raw.rpartition(",")[2])
    except ValueError:
        where = _xml.place_of(path, element)
        raise InvalidInput("pnml.number", f"{where}: {raw!r} is not a number of tokens.") from None


def write(net: PetriNet, path: Path) -> None:
    """Write `net` with its markings, so that reading it gives the same net."""
    root = etree.Element("pnml")
    element = etree.SubElement(root, "net", id="net", type=NET_TYPE)
    page = etree.SubElement(element, "page", id="page")

    def named(kind: str, key: str, name: str) -> etree._Element:
        made = etree.SubElement(page, kind, id=key)
        etree.SubElement(etree.SubElement(made, "name"), "text").text = name
        return made

    for p, name in enumerate(net.places):
        made = named("place", name, name)
        if net.initial[p]:
            etree.SubElement(etree.SubElement(made, "initialMarking"), "text").text = str(net.initial[p])
    keys = [t.name for t in net.transitions]
    if len({*keys, *net.places}) < len(keys) + len(net.places):
        keys = [f"transition-{t}" for t in range(len(keys))]
    for key, transition in zip(keys, net.transitions):
        made = named("transition", key, transition.label or key)
        if transition.label is None:
            etree.SubElement(made, "toolspecific", tool="ProM", version="6.4", activity=SILENT)
    arcs = [(net.places[p], keys[t], w) for t in range(len(keys)) for p, w in net.pre[t]]
    arcs += [(keys[t], net.places[p], w) for t in range(len(keys)) for p, w in net.post[t]]
    for a, (source, target, weight) in enumerate(arcs):
        made = etree.SubElement(page, "arc", id=f"arc-{a}", source=source, target=target)
        if weight > 1:
            etree.SubElement(etree.SubElement(made, "inscription"), "text").text = str(weight)
    marking = etree.SubElement(etree.SubElement(element, "finalmarkings"), "marking")
    for p, name in enumerate(net.places):
        if net.final[p]:
            etree.SubElement(etree.SubElement(marking, "place", idref=name), "text").text = str(net.final[p])
    _xml.write(root, path)
