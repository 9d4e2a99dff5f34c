"""RFC 6962 trees: against the definition, and no proof proves anything else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hoshin.records import merkle
from tests import naive_records as naive

data = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_root_is_that_of_the_definition(items: list[bytes]) -> None:
    assert merkle.root([merkle.leaf_hash(d) for d in items]) == naive.tree_hash(items)


@given(data, st.data())
def test_inclusion_proof_holds_for_its_leaf_and_place_only(items: list[bytes], draw: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(d) for d in items]
    index = draw.draw(st.integers(0, len(leaves) - 1))
    path, root = merkle.inclusion(leaves, index), merkle.root(leaves)

    assert merkle.included(leaves[index], index, len(leaves), path, root)
    assert not merkle.included(merkle.leaf_hash(b"another leaf"), index, len(leaves), path, root)
    assert not merkle.included(leaves[index], len(leaves), len(leaves), path, root)
    assert not merkle.included(leaves[index], index, len(leaves), [*path, root], root)
    for n in range(len(path)):
        bent = [*path[:n], bytes(32), *path[n + 1 :]]
        assert not merkle.included(leaves[index], index, len(leaves), bent, root)


@given(data, st.data())
def test_consistency_proof_holds_for_the_true_beginning_only(items: list[bytes], draw: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(d) for d in items]
    old = draw.draw(st.integers(1, len(leaves)))
    proof = merkle.consistency(leaves, old)
    before, after = merkle.root(leaves[:old]), merkle.root(leaves)

    assert merkle.consistent(old, len(leaves), before, after, proof)
    other = merkle.root([merkle.leaf_hash(b"not that"), *leaves[1:old]])
    assert not merkle.consistent(old, len(leaves), other, after, proof)
    if old < len(leaves):
        assert not merkle.consistent(old, len(leaves), before, before, proof)
        assert not merkle.consistent(old, len(leaves), before, after, proof[:-1])


def test_known_roots() -> None:
    """The roots of the test tree of Certificate Transparency (RFC 6962 reference implementation)."""
    texts = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [merkle.leaf_hash(bytes.fromhex(t)) for t in texts]
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }

    assert {n: merkle.root(leaves[:n]).hex() for n in roots} == roots
