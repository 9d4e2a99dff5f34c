"""Slow twins for records: the Merkle tree as RFC 6962 writes it, and seats filled by trying everything."""

from __future__ import annotations

import hashlib
from itertools import permutations


def tree_hash(data: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    n = len(data)
    if n == 0:
        return hashlib.sha256(b"").digest()
    if n == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < n:
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(data[:k]) + tree_hash(data[k:])).digest()


def most_seats(spots: list[str], voters: list[frozenset[str]]) -> int:
    """The most spots that can be filled, each voter at most once: every order of voters is tried."""
    people = list(range(len(voters))) + [None] * len(spots)
    return max(
        sum(p is not None and spot in voters[p] for spot, p in zip(spots, order, strict=False))
        for order in set(permutations(people, len(spots)))
    )
