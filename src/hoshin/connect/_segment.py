"""Cut the actions of one user into tasks where no case id tells them apart.

A task is taken to end with the same action each time: the form is sent, the record saved. Of the actions that
recur, the one that looks most like such an end is chosen (`choose_end`); a person can name it instead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from statistics import median

SENDS = re.compile(r"submit|save|send|confirm|finish|done|ok\b", re.IGNORECASE)
ALIKE = 0.5  # tasks less alike than this (mean cosine) are not repetitions of one task
CELL = re.compile(r"(\$?[A-Z]{1,3})\$?\d+(:(\$?[A-Z]{1,3})\$?\d+)?")


def label_of(event: str, element: str, name: str, text: str, sheet: str) -> str:
    """What was done to what, the same in every repetition: of a cell the column, of a button its text.

    >>> label_of("getCell", "B17", "", "", "Sheet1"), label_of("clickButton", "input_2", "", "Submit ", "")
    ('getCell B', 'clickButton Submit')
    """
    cell = CELL.fullmatch(element)
    if cell:
        what = cell[1] + (f":{cell[3]}" if cell[3] else "")
    elif text.strip() and event.lower().startswith(("clickbutton", "clicklink")):
        what = " ".join(text.replace("\\n", " ").split())[:40]
    else:
        what = next((w for w in (element, name, sheet) if w and not w.isdigit()), "")
    return f"{event} {what}".rstrip()


def rank(event: str, text: str) -> int:
    """How much an action looks like the end of a task: 3 a form is sent, 2 a button that says so, 1 any button."""
    if re.fullmatch(r"(form)?_?submit(form)?", event, re.IGNORECASE):
        return 3
    if "button" not in event.lower():
        return 0
    return 2 if SENDS.search(text) else 1


def choose_end(labels: Sequence[str], ranks: Sequence[int], times_s: Sequence[float]) -> str:
    """The label that ends a task: of the highest rank, then after which the tasks are most alike, then the pause
    is longest. "" if none recurs with tasks that are alike."""
    counts = Counter(labels)
    rank_of = dict(zip(labels, ranks))
    best: tuple[int, float, float] = (0, 0.0, 0.0)
    chosen = ""
    for label in sorted(counts):
        if counts[label] < 2 or not rank_of[label]:
            continue
        cut = tasks(labels, {label})
        pauses = [times_s[i + 1] - times_s[i] for i, at in enumerate(labels[:-1]) if at == label]
        found = (rank_of[label], round(alike(labels, cut), 3), median(pauses) if pauses else 0.0)
        if found[1] >= ALIKE and found > best:
            best, chosen = found, label
    return chosen


def tasks(
    labels: Sequence[str], ends: set[str], times_s: Sequence[float] | None = None, idle_s: float = 0.0
) -> list[int]:
    """The number of each action's task, from 0: a new one begins after an end, and after `idle_s` without action."""
    made, task = [], 0
    for at in range(len(labels)):
        if at and (labels[at - 1] in ends or (idle_s and times_s and times_s[at] - times_s[at - 1] > idle_s)):
            task += 1
        made.append(task)
    return made


def alike(labels: Sequence[str], cut: Sequence[int]) -> float:
    """Mean cosine between what each task consists of and what all consist of together."""
    bags: dict[int, Counter[str]] = {}
    for label, task in zip(labels, cut):
        bags.setdefault(task, Counter())[label] += 1
    whole = Counter(labels)
    size = sqrt(sum(n * n for n in whole.values()))
    found = [
        sum(n * whole[w] for w, n in bag.items()) / (size * sqrt(sum(n * n for n in bag.values())))
        for bag in bags.values()
    ]
    return sum(found) / len(found)
