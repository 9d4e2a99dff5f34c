"""Slow twins of the kernels that read formats."""

from __future__ import annotations

from collections.abc import Sequence


def renumber(codes: Sequence[int]) -> tuple[list[int], list[int]]:
    old: list[int] = []
    new = []
    for code in codes:
        if code >= 0 and code not in old:
            old.append(code)
        new.append(old.index(code) if code >= 0 else -1)
    return new, old


def code_words(words: Sequence[bytes]) -> list[int]:
    seen: dict[bytes, int] = {}
    return [seen.setdefault(word, len(seen)) for word in words]


def quoted_end(text: bytes, p: int, n: int, quote: int) -> int:
    for at in range(p, n):
        if text[at] == quote:
            return at
        if text[at] in b"<" or (text[at] < 32 and text[at] not in b"\t\n\r"):
            return -2
    return -1
