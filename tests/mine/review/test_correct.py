"""Corrected models: the remarks hold exactly, in any order, and the model stays sound."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hoshin.errors import Conflict, InvalidInput
from hoshin.mine.model.convert import tree_to_bpmn, tree_to_net
from hoshin.mine.model.edit import follow, paths_of
from hoshin.mine.model.family import Model, as_net
from hoshin.mine.model.petri import NetBuilder, PetriNet
from hoshin.mine.model.tree import ProcessTree, parse_tree
from hoshin.mine.review.correct import Corrected, correct
from hoshin.mine.review.remark import Remark
from tests.naive_models import Words, net_words, tree_words, trees

N = 6
Pair = tuple[str, str]


def remark(verdict: str, element: str, *, step: str = "", after: str = "", id: str = "") -> Remark:
    return Remark(id or f"{verdict} {element} {step}{after}", verdict, element, step, after)


def tried(model: Model, remarks: list[Remark]) -> Corrected | str:
    """The corrected model, or the code of the error."""
    try:
        return correct(model, remarks)
    except (InvalidInput, Conflict) as error:
        return error.code


def words(model: Model, n: int = N) -> Words:
    return net_words(as_net(model), n)


def ends(word: tuple[str, ...]) -> list[str]:
    return ["(start)", *word, "(end)"]


def pairs(word: tuple[str, ...]) -> list[Pair]:
    return list(zip(ends(word), ends(word)[1:]))


def has(tree: ProcessTree, operator: str) -> bool:
    return tree.operator == operator or any(has(child, operator) for child in tree.children)


def tangled() -> PetriNet:
    """b before d and c before e run beside each other, and d waits for c too: sound, but not block-structured."""
    net = NetBuilder()
    source, sink = net.place("source"), net.place("sink")
    left, right, after_b, c_to_d, c_to_e, d, e = (net.place(n) for n in ("l", "r", "b", "cd", "ce", "d", "e"))
    net.transition("a", [source], [left, right])
    net.transition("b", [left], [after_b])
    net.transition("c", [right], [c_to_d, c_to_e])
    net.transition("d", [after_b, c_to_d], [d])
    net.transition("e", [c_to_e], [e])
    net.transition("f", [d, e], [sink])
    return net.build({source: 1}, {sink: 1})


@given(trees(), st.data())
def test_the_pairs_of_a_tree_are_those_of_its_traces(tree: ProcessTree, data: st.DataObject) -> None:
    """Exact without parallel branches; with them, what runs beside a block may stand between."""
    seen = {pair for word in tree_words(tree, N) for pair in pairs(word)}

    assert seen <= set(follow(tree))
    if not has(tree, "and") and not has(tree, "loop"):
        assert seen == set(follow(tree))


@given(trees())
def test_no_remark_changes_nothing(tree: ProcessTree) -> None:
    heard = [remark("right", "a"), remark("unclear", "a"), remark("workaround", "a")][
        : 1 if "a" in tree.labels() else 0
    ]

    assert correct(tree, []).model is tree
    assert correct(tree, heard).model is tree


@given(trees(), st.data())
def test_a_path_that_is_not_real_is_gone_and_nothing_else(tree: ProcessTree, data: st.DataObject) -> None:
    assume(not has(tree, "and") and tree.labels())
    pair = data.draw(st.sampled_from(sorted(follow(tree))))
    left = frozenset(word for word in tree_words(tree, N) if pair not in pairs(word))
    corrected = tried(tree, [remark("not_real", " > ".join(pair))])
    if isinstance(corrected, str):
        assert (corrected, left) == ("review.empty", frozenset())
        return

    assert words(corrected.model) == left
    assert corrected.soundness.sound


@given(trees(), st.data())
def test_a_missing_step_stands_on_every_such_path(tree: ProcessTree, data: st.DataObject) -> None:
    assume(not has(tree, "and") and tree.labels())
    pair = data.draw(st.sampled_from(sorted(follow(tree))))
    corrected = correct(tree, [remark("missing_step", " > ".join(pair), step="x")])

    def lengthened(word: tuple[str, ...]) -> tuple[str, ...]:
        steps = [("x", b) if (a, b) == pair else (b,) for a, b in pairs(word)]
        return tuple(x for group in steps for x in group)[:-1]

    assert words(corrected.model) == frozenset(w for word in tree_words(tree, N) if len(w := lengthened(word)) <= N)
    assert corrected.soundness.sound


@given(trees(), st.data())
def test_paths_change_soundly_where_work_runs_in_parallel(tree: ProcessTree, data: st.DataObject) -> None:
    known = sorted(follow(tree))
    drop = data.draw(st.lists(st.sampled_from(known), max_size=2, unique=True))
    insert = data.draw(st.lists(st.sampled_from(known), max_size=2, unique=True))
    remarks = [remark("not_real", " > ".join(p)) for p in drop]
    remarks += [remark("missing_step", " > ".join(p), step="x") for p in insert if p not in drop]
    assume(tree.labels())
    corrected = tried(tree, remarks)
    if isinstance(corrected, str):
        assert corrected == "review.empty"
        return

    assert corrected.soundness.sound
    assert not set(drop) & paths_of(corrected.model) or has(tree, "and")


@given(trees(), st.data())
def test_an_activity_that_is_not_real_leaves_its_place(tree: ProcessTree, data: st.DataObject) -> None:
    assume(tree.labels() and not has(tree, "loop"))
    gone = data.draw(st.sampled_from(sorted(tree.labels())))
    corrected = correct(tree, [remark("not_real", gone)])

    assert words(corrected.model, 9) == frozenset(tuple(x for x in word if x != gone) for word in tree_words(tree, 9))
    assert corrected.soundness.sound


def moved(word: tuple[str, ...], activity: str, after: str) -> tuple[str, ...]:
    """The slow move: each `activity` goes directly behind the last `after` before it and what was moved there."""
    result: list[str] = []
    for x in word:
        if x == activity and after in result:
            at = len(result) - result[::-1].index(after)
            while at < len(result) and result[at] == activity:
                at += 1
            result.insert(at, x)
        else:
            result.append(x)
    return tuple(result)


@given(trees(), st.data())
def test_what_is_logged_late_moves_to_its_place(tree: ProcessTree, data: st.DataObject) -> None:
    labels = sorted(tree.labels())
    assume(len(labels) > 1)
    activity, after = data.draw(st.permutations(labels))[:2]
    corrected = tried(tree, [remark("logged_late", activity, after=after)])
    if isinstance(corrected, str):
        assert corrected == "review.move"
        return

    assert {moved(word, activity, after) for word in tree_words(tree, N)} <= words(corrected.model)
    assert corrected.soundness.sound


@given(trees(repeat=True), st.data())
def test_the_order_of_remarks_does_not_matter(tree: ProcessTree, data: st.DataObject) -> None:
    labels = sorted(tree.labels())
    assume(labels)
    name = st.sampled_from(labels)
    one = st.one_of(
        st.builds(lambda a: remark("not_real", a), name),
        st.builds(lambda a: remark("workaround", a), name),
        st.builds(lambda a, b: remark("not_real", f"{a} > {b}"), name, name),
        st.builds(lambda a, s: remark("missing_step", a, step=s), name, st.sampled_from("xy")),
        st.builds(lambda a, b: remark("missing_step", f"{a} > {b}", step="x"), name, name),
        st.builds(lambda a, b: remark("logged_late", a, after=b), name, st.sampled_from([*labels, ""])),
    )
    remarks = data.draw(st.lists(one, max_size=4, unique_by=lambda r: r.id))
    other = data.draw(st.permutations(remarks))

    def result(given: list[Remark]) -> object:
        found = tried(tree, given)
        if isinstance(found, str):
            return found
        assert found.soundness.sound
        return found.model, found.moves

    assert result(remarks) == result(other)


@pytest.mark.parametrize(
    ("remarks", "expected"),
    [
        ([remark("not_real", "b > d")], {"abcdef", "abcedf", "acbedf"}),
        ([remark("missing_step", "e > f", step="x")], {"abcdexf", "abcedf", "acbdexf", "acbedf", "acebdf"}),
        ([remark("not_real", "c")], {"abdef", "abedf", "aebdf"}),
        ([remark("missing_step", "a", step="x")], {"axbcdef", "axbcedf", "axcbdef", "axcbedf", "axcebdf"}),
    ],
)
def test_nets_without_block_structure_are_corrected_too(remarks: list[Remark], expected: set[str]) -> None:
    corrected = correct(tangled(), remarks)

    assert {"".join(w) for w in words(corrected.model, 8)} == expected
    assert corrected.soundness.sound


def test_bpmn_is_corrected_as_its_tree_is() -> None:
    tree = parse_tree("->( 'a', X( 'b', tau ), 'c' )")
    remarks = [remark("not_real", "a > c")]

    assert words(correct(tree_to_bpmn(tree), remarks).model) == words(correct(tree_to_net(tree), remarks).model)
    assert str(correct(tree, remarks).model) == "->( 'a', 'b', 'c' )"


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (remark("not_real", "b"), remark("workaround", "b"), "is not real"),
        (remark("not_real", "b"), remark("logged_late", "c", after="b"), "builds on it"),
        (remark("not_real", "b"), remark("missing_step", "a > b", step="x"), "builds on it"),
        (remark("right", "b"), remark("workaround", "b"), "is right"),
        (remark("logged_late", "c", after="a"), remark("logged_late", "c", after="b"), "after 'a' and after 'b'"),
        (remark("logged_late", "c", after="b"), remark("logged_late", "b", after="c"), "circle"),
        (remark("logged_late", "c", after="a"), remark("not_real", "b > c"), "moves 'c'"),
        (remark("missing_step", "a", step="x"), remark("missing_step", "a", step="y"), "'x' and 'y'"),
    ],
)
def test_remarks_that_exclude_each_other_are_named(first: Remark, second: Remark, reason: str) -> None:
    tree = parse_tree("->( 'a', X( 'b', tau ), 'c' )")
    for remarks in ([first, second], [second, first]):
        with pytest.raises(Conflict, match=reason) as caught:
            correct(tree, remarks)
        assert first.id in str(caught.value)
        assert second.id in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (remark("not_real", "bb"), "Unknown activity of the model 'bb'.*Did you mean 'b'"),
        (remark("not_real", "a > q"), "Unknown activity of the model 'q'"),
        (remark("missing_step", "a > b"), "does not name the missing step"),
        (remark("not_real", "a", step="x"), "only a missing step"),
        (remark("logged_late", "a > b"), "not a path"),
        (remark("logged_late", "a", after="q"), "Unknown activity of the model 'q'"),
        (remark("logged_late", "a", after="a"), "nothing happens after itself"),
        (remark("logged_late", "a", after="c"), "can happen without 'c' before it"),
        (remark("not_real", "a > b"), "no case could run"),
    ],
)
def test_remarks_that_cannot_be_used_say_why(wrong: Remark, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        correct(parse_tree("->( 'a', 'b', 'c' )"), [wrong])


def test_a_path_that_another_remark_brings_back_is_a_conflict() -> None:
    """a never goes straight to c, says one; b in between is not real, says the other: then it would."""
    tree = parse_tree("->( 'a', X( 'b', tau ), 'c' )")

    for remarks in (
        [remark("not_real", "a > c"), remark("not_real", "b")],
        [remark("not_real", "b"), remark("not_real", "a > c")],
    ):
        with pytest.raises(Conflict, match="The path a > c is remarked as not real, but comes back"):
            correct(tree, remarks)
