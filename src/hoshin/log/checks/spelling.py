"""Activities that are one word in several spellings: case, blanks, marks, a typing error."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from itertools import combinations

import numpy as np

from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given, of_events

TITLE = "Activity spellings"
WEIGHT, ZERO_AT = 8, 0.1
WHY = "Two spellings are two boxes on the map, and half of the frequency each."
# A typing error is rare beside the right word; two words that are both common are two words.
RARE = 0.1
PREFIX = re.compile(r"^(un|in|im|re|de|dis|non|pre)(.*)$")


def find(log: EventLog, given: Given) -> Finding:
    count = np.bincount(log.activity, minlength=len(log.activities))
    names = {name: int(n) for name, n in zip(log.activities, count) if n}
    groups = clusters(names)
    wrong = np.zeros(len(log.activities), dtype=np.bool_)
    shown = []
    for group in groups:
        for name in group[1:]:
            wrong[log.activities.index(name)] = True
        shown.append(" / ".join(f"{name!r} ({names[name]:,})" for name in group))
    return of_events(wrong[log.activity], f"{'; '.join(shown[:8])}.")


def clusters(names: dict[str, int]) -> list[list[str]]:
    """Groups of spellings, the commonest first, from names and how often each occurs.

    >>> clusters({"Send Invoice": 90, "send  invoice": 5, "Send Invioce": 2, "Send Invoice 2": 7, "Resend": 4})
    [['Send Invoice', 'send  invoice', 'Send Invioce']]
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[plain(name)].append(name)
    weight = {key: sum(names[n] for n in group) for key, group in groups.items()}
    same: dict[str, str] = {}
    for one, two in similar(list(groups)):
        rare, common = sorted((one, two), key=lambda k: weight[k])
        if weight[rare] <= RARE * weight[common] and common not in same:
            same[rare] = common
    for rare, common in same.items():
        if rare in groups and common in groups:
            groups[common] += groups.pop(rare)
    found = [sorted(group, key=lambda n: (-names[n], n)) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda group: -names[group[0]])


def plain(name: str) -> str:
    """Lower case, one blank between words, no marks; a name of marks alone stays as it is.

    >>> plain(" Send_Invoice. ")
    'send invoice'
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.findall(r"\w+", text.replace("_", " "))) or name


def similar(keys: list[str]) -> list[tuple[str, str]]:
    """Pairs that differ in one word of at least 4 letters by a letter or two, or in one blank. Numbers never."""
    patterns: dict[tuple[object, ...], list[tuple[str, str]]] = defaultdict(list)
    for key in keys:
        words = key.split(" ")
        for k, word in enumerate(words):
            if len(word) >= 4 and word.isalpha():
                patterns[(len(words), k, *words[:k], *words[k + 1 :])].append((key, word))
        patterns[("joined", key.replace(" ", ""))].append((key, ""))
    found = []
    for pattern, members in patterns.items():
        for (one, a), (two, b) in combinations(members, 2):
            if pattern[0] == "joined" or is_typo(a, b):
                found.append((one, two))
    return found


def is_typo(a: str, b: str) -> bool:
    """
    >>> is_typo("invoice", "invioce"), is_typo("approve", "aprove"), is_typo("send", "lend"), is_typo("open", "reopen")
    (True, True, False, False)
    """
    longer, shorter = sorted((a, b), key=len, reverse=True)
    found = PREFIX.match(longer)
    if found and found[2] == shorter:
        return False
    allowed = 1 if min(len(a), len(b)) < 8 else 2
    if a[0] != b[0]:
        return False
    return distance(a, b, allowed) <= allowed


def distance(a: str, b: str, most: int) -> int:
    """Edits between two words, a swap of neighbours counting as one (optimal string alignment); `most` + 1 if more.

    Source: Damerau, CACM 7(3), 1964.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], before[j - 2] + 1)
        before, last = last, row
    return min(last[-1], most + 1)
