"""Model files: what is written is read back, and real files of other tools are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree

from hoshin.connect.model import bpmn, pnml, ptml
from hoshin.errors import InvalidInput, NotFound
from hoshin.mine.model.convert import tree_to_bpmn, tree_to_net
from hoshin.mine.model.family import as_net, find_tree
from hoshin.mine.model.frombpmn import bpmn_to_net
from hoshin.mine.model.sound import check_soundness
from hoshin.mine.model.tree import ProcessTree, parse_tree
from tests.conftest import shared
from tests.naive_models import net_words, tree_words, trees


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@given(trees(repeat=True))
def test_round_trips(folder: Path, tree: ProcessTree) -> None:
    net, drawn = tree_to_net(tree), tree_to_bpmn(tree, "a process")
    pnml.write(net, folder / "m.pnml")
    ptml.write(tree, folder / "m.ptml")
    bpmn.write(drawn, folder / "m.bpmn")

    assert pnml.read(folder / "m.pnml") == net
    assert ptml.read(folder / "m.ptml") == tree
    assert bpmn.read(folder / "m.bpmn") == drawn


@given(trees())
def test_every_shape_is_drawn_apart_and_every_flow_joins_its_ends(tree: ProcessTree) -> None:
    model = tree_to_bpmn(tree)
    drawing = bpmn.draw(model)

    boxes = list(drawing.boxes.values())
    for i, (x, y, w, h) in enumerate(boxes):
        assert x >= 0 <= y
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    for flow in model.flows:
        for end, (px, py) in ((flow.source, drawing.paths[flow.id][0]), (flow.target, drawing.paths[flow.id][-1])):
            x, y, w, h = drawing.boxes[end]
            assert x - 1 <= px <= x + w + 1
            assert y - 1 <= py <= y + h + 1


def test_a_bpmn_file_has_what_modelling_tools_ask_for(tmp_path: Path) -> None:
    model = tree_to_bpmn(parse_tree("->( 'register & check', X( 'pay', tau ), +( 'b', 'c' ) )"))
    bpmn.write(model, tmp_path / "m.bpmn")

    root = etree.parse(str(tmp_path / "m.bpmn")).getroot()
    assert root.tag == f"{{{bpmn.BPMN}}}definitions"
    shapes = {e.get("bpmnElement") for e in root.iter(f"{{{bpmn.BPMNDI}}}BPMNShape")}
    edges = {e.get("bpmnElement") for e in root.iter(f"{{{bpmn.BPMNDI}}}BPMNEdge")}
    assert shapes == {n.id for n in model.nodes}
    assert edges == {f.id for f in model.flows}
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))


SMALL = """<pnml><net id="n" type="x"><page id="g">
<place id="p"><initialMarking><text>1</text></initialMarking></place><place id="q"/>
<transition id="t"><name><text>a</text></name></transition>
{}</page></net></pnml>"""


def test_pnml_without_a_final_marking_marks_the_one_sink(tmp_path: Path) -> None:
    file = tmp_path / "m.pnml"
    file.write_text(SMALL.format('<arc id="1" source="p" target="t"/><arc id="2" source="t" target="q"/>'))

    assert net_words(pnml.read(file), 2) == {("a",)}


@pytest.mark.parametrize(
    ("arcs", "says"),
    [
        ('\n<arc id="1" source="p" target="nowhere"/>', "line 5: the target 'nowhere'"),
        ('<arc id="1" source="p" target="q"/>', "joins two places"),
        ('<arc id="1" source="p" target="t"><inscription><text>x</text></inscription></arc>', "'x' is not a number"),
        ("", "one source and one sink"),
        ("<arc", "not well-formed"),
    ],
)
def test_a_wrong_pnml_file_names_the_line(tmp_path: Path, arcs: str, says: str) -> None:
    file = tmp_path / "m.pnml"
    file.write_text(SMALL.format(arcs))

    with pytest.raises(InvalidInput, match=says):
        pnml.read(file)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    file = tmp_path / "m.pnml"
    text = SMALL.format('<arc id="1" source="p" target="t"/><arc id="2" source="t" target="q"/>')
    file.write_text(f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>' + text.replace(">a<", ">&e;<"))

    assert "secret" not in {t.label for t in pnml.read(file).transitions}


def test_missing_file() -> None:
    with pytest.raises(NotFound, match=r"no file nowhere\.bpmn"):
        bpmn.read(Path("nowhere.bpmn"))


@pytest.mark.parametrize("name", ["a12", "a22", "a32", "a42"])
def test_public_nets_are_the_trees_published_beside_them(name: str) -> None:
    net = pnml.read(shared(f"models/maruster/{name}.pnml"))
    tree = ptml.read(shared(f"models/maruster/{name}.ptml"))

    found = find_tree(net)
    assert found is not None
    assert found.labels() == tree.labels() == net.labels()
    if name == "a12":
        assert tree_words(found, 12) == tree_words(tree, 12)


@pytest.mark.parametrize(
    "file",
    [
        "models/pm4py/running-example.bpmn",
        "models/pm4py/simple_model.bpmn",
        "models/camunda_invoice.v2.bpmn",
        "models/pm4py/ch7_CreditAppSimulation.bpmn",
        "models/bpic2020_declaration_documents.bpmn",
    ],
)
def test_public_bpmn_files_are_read_as_sound_nets(file: str, tmp_path: Path) -> None:
    model = bpmn.read(shared(file))
    net = bpmn_to_net(model)
    bpmn.write(model, tmp_path / "again.bpmn")

    assert check_soundness(net).sound
    assert net.labels() == model.labels()
    assert as_net(bpmn.read(tmp_path / "again.bpmn")) == net
