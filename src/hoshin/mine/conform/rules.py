"""Rules in a small readable language, checked case by case.

    "Approve" must precede "Pay"
    "Pay" must be followed by "Archive" within 5 working hours
    "Archive" within 2 d of "Pay"
    "Order" must be directly followed by "Confirm"
    "Pay" must happen at most 1 time        also: at least, exactly; must happen; must not happen
    "Pay" excludes "Cancel"
    cases start with "Order"                also: end with
    four-eyes "Approve", "Pay"              also: same-eyes
    "Approve" only by Ann, "Bob Smith"
    if amount > 1000: "Approve" must happen

Names with spaces, commas or keywords are quoted. `#` starts a comment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hoshin.errors import InvalidInput
from hoshin.units import parse_duration

NAME = r"(\"[^\"]+\"|'[^']+'|[^\s\"',:]+)"
SPAN = r"([\d.]+)\s*(working\s+)?(minutes?|min|m|hours?|h|days?|d|weeks?|w|seconds?|s)"
UNITS = {"m": "min", "h": "h", "d": "d", "w": "w", "s": "s"}
FORMS = {
    "followed_within": rf"{NAME} must be followed by {NAME} within {SPAN}",
    "within": rf"{NAME} (?:must be )?within {SPAN} of {NAME}",
    "directly": rf"{NAME} must be directly followed by {NAME}",
    "followed": rf"{NAME} must be followed by {NAME}",
    "precedes": rf"{NAME} must precede {NAME}",
    "count": rf"{NAME} must happen (at most|at least|exactly) (\d+)(?: times?)?",
    "happens": rf"{NAME} must happen",
    "never": rf"{NAME} must (?:not|never) happen",
    "excludes": rf"{NAME} excludes {NAME}",
    "ends": rf"cases (start|end) with {NAME}",
    "eyes": rf"(four|same)[- ]eyes:? {NAME},? {NAME}",
    "only": rf"{NAME} only by (.+)",
}
WHEN = re.compile(rf"if {NAME}\s*(<=|>=|!=|=|<|>)\s*{NAME}\s*:\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """A rule applies only to cases whose attribute `column` compares so with `value`."""

    column: str
    sign: str
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule: `kind` is one of the forms; `names` its activities; the rest as the form needs it.

    `limit_s` is a duration, in working hours if `working`; `number` a count; `word` the variation
    (at most, start, four ...); `people` are resources. `line` is where it stands in `text`'s file.
    """

    text: str
    kind: str
    names: tuple[str, ...]
    word: str = ""
    number: int = 0
    limit_s: float = 0.0
    working: bool = False
    people: tuple[str, ...] = ()
    when: When | None = None
    line: int = 1


def parse_rules(text: str) -> list[Rule]:
    """Every rule of a text, a line each; InvalidInput(rules.unreadable) names the line that is none.

    >>> [r.kind for r in parse_rules('a must precede "b c"  # why\\nfour-eyes a, b')]
    ['precedes', 'eyes']
    """
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r"(^|\s)#.*$", "", line).strip()
        if bare:
            rules.append(parse_rule(bare, number))
    return rules


def parse_rule(text: str, line: int = 1) -> Rule:
    """One rule."""
    when = None
    body = text
    if found := WHEN.fullmatch(text):
        when, body = When(unquoted(found[1]), found[2], unquoted(found[3])), found[4]
    for kind, form in FORMS.items():
        match = re.fullmatch(form, re.sub(r"\s+", " ", body), re.IGNORECASE)
        if match:
            return _rule(text, kind, list(match.groups()), when, line)
    raise InvalidInput(
        "rules.unreadable",
        f"Line {line} is no rule: {text!r}.",
        hint='Write for example: "Approve" must precede "Pay". Quote names with spaces. See docs/how/conform.md.',
    )


def _rule(text: str, kind: str, groups: list[str], when: When | None, line: int) -> Rule:
    def rule(names: list[str], word: str = "", number: int = 0, people: tuple[str, ...] = ()) -> Rule:
        return Rule(
            text, kind, tuple(unquoted(n) for n in names), word.lower(), number, people=people, when=when, line=line
        )

    match kind:
        case "followed_within" | "within":
            amount, working, unit = groups[2:5] if kind == "followed_within" else groups[1:4]
            first, second = (groups[0], groups[1]) if kind == "followed_within" else (groups[4], groups[0])
            seconds = parse_duration(f"{amount}{UNITS[unit[0].lower()]}")
            names = (unquoted(first), unquoted(second))
            return Rule(text, "followed_within", names, limit_s=seconds, working=bool(working), when=when, line=line)
        case "count":
            return rule([groups[0]], groups[1], int(groups[2]))
        case "ends":
            return rule([groups[1]], groups[0])
        case "eyes":
            return rule(groups[1:], groups[0])
        case "only":
            people = tuple(unquoted(p) for p in re.findall(r"\"[^\"]+\"|'[^']+'|[^\s,][^,]*", groups[1]))
            return rule([groups[0]], people=people)
    return rule(groups)


def unquoted(name: str) -> str:
    name = name.strip()
    return name[1:-1] if name[:1] in "\"'" and name[-1:] == name[:1] and len(name) > 1 else name
