"""The Merkle tree of RFC 6962: roots, inclusion proofs and consistency proofs over leaf hashes.

A leaf hash is SHA-256(0x00 || data), an inner node SHA-256(0x01 || left || right). Proving that an entry is
in a ledger of a million takes 20 hashes; proving that yesterday's ledger is the beginning of today's takes 20.
Source: RFC 6962, section 2.1; verification as in RFC 9162, sections 2.1.3.2 and 2.1.4.2.
Slow twins: tests/naive_records.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def push(peaks: list[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The peaks (roots of the perfect subtrees, largest first) after appending `leaf` to a tree of `size`.

    >>> from hoshin.records.merkle import leaf_hash
    >>> len(push(push([], 0, leaf_hash(b"a")), 1, leaf_hash(b"b")))
    1
    """
    grown, carry = list(peaks), leaf
    while size & 1:
        carry = node_hash(grown.pop(), carry)
        size >>= 1
    return [*grown, carry]


def root_of(peaks: Sequence[bytes]) -> bytes:
    """The root hash from the peaks: O(log n)."""
    if not peaks:
        return EMPTY
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def root(leaves: Sequence[bytes]) -> bytes:
    """The root hash of a tree: O(n)."""
    peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        peaks = push(peaks, size, leaf)
    return root_of(peaks)


def split(n: int) -> int:
    """The largest power of two below `n`, n >= 2."""
    return 1 << (n - 1).bit_length() - 1


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index`, lowest node first. 0 <= index < n."""
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low = middle
    return path[::-1]


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root_hash: bytes) -> bool:
    """Whether `path` proves that `leaf` is number `index` of the tree of `size` with `root_hash`."""
    if not 0 <= index < size:
        return False
    fn, sn, node = index, size - 1, leaf
    for step in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(step, node)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node = node_hash(node, step)
        fn >>= 1
        sn >>= 1
    return sn == 0 and node == root_hash


def consistency(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """The proof that the first `old` leaves are the beginning of `leaves`. 0 < old <= n."""

    def proof(m: int, low: int, high: int, whole: bool) -> list[bytes]:
        n = high - low
        if m == n:
            return [] if whole else [root(leaves[low:high])]
        k = split(n)
        if m <= k:
            return [*proof(m, low, low + k, whole), root(leaves[low + k : high])]
        return [*proof(m - k, low + k, high, False), root(leaves[low : low + k])]

    return proof(old, 0, len(leaves), True)


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `old` leaves is the beginning of the tree of `new`."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    first = second = path[0]
    for step in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = node_hash(step, first), node_hash(step, second)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            second = node_hash(second, step)
        fn >>= 1
        sn >>= 1
    return sn == 0 and first == old_root and second == new_root
