"""The filter language: text to filter, with errors that point at the place.

    duration > 5d and follows("Submit", "Reject") and not variant top 3
    started in 2024-01..2024-03 then keep activity in ("Submit", "Approve")

Loosest first: `then`, `or`, `and`, `not`, parentheses. What can stand alone:

    duration > 5d               duration in 2h..3d         events >= 10
    contained in 2024-01..2024-03    intersecting in ..    started in ..    completed in ..
    activity = "A"              resource in ("Ann", "Bo")  lifecycle, cost: of some event of the case
    every resource = "Ann"      case.region = "EU"         event.amount in 10..20
    case."Order Type" contains "rush"                      case.region is missing
    follows("A", "B", after 1h, within 2d)                 directly(("A", "B"), "C")
    repeats("A", 3)             repeats(2)                 loops()
    starts with "A"             ends with ("B", "C")       case_id in ("1", "2")
    variant top 3               variant covers 80%         variant is ("A", "B")
    trim 2024-01-01..2024-03-31      keep activity = "A"   keep not resource = "Ann"

`!=` is short for `not ... =`. The last line selects events and can only be a step of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from hoshin.errors import InvalidInput
from hoshin.log.filter import And, Condition, Filter, Not, Or, Then, from_url
from hoshin.log.filters.attribute import CODED, Compare, Keep, OfCase, OfEvent, Operator
from hoshin.log.filters.flow import Ends, Follows, Loops, Names, Repeats, Starts
from hoshin.log.filters.literal import Scalar
from hoshin.log.filters.time import MODES, Duration, Size, TimeFrame, Trim
from hoshin.log.filters.variant import Coverage, TopVariants, Variant
from hoshin.log.period import Period
from hoshin.units import SECONDS

__all__ = ["from_url", "parse"]

TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<date>\d{4}-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?(?![\d-]))
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d]\w*)
    |(?P<mark>\.\.|<=|>=|!=|[<>=(),.%])""",
    re.VERBOSE,
)
STARTERS = (
    "not", "duration", "events", *MODES, "activity", "resource", "lifecycle", "cost", "case_id", "every", "case",
    "event", "follows", "directly", "repeats", "loops", "starts", "ends", "variant", "trim", "keep",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Filter:
    """The filter that `text` says; InvalidInput(filter.syntax) points at what it does not understand.

    >>> parse("duration > 36h and not loops()").to_text()
    'duration > 1.5d and not loops()'
    """
    return Parser(text, tokens(text)).whole()


def tokens(text: str) -> list[Token]:
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            quote = text[at] in "\"'"
            raise fail(text, at, "this text is not closed" if quote else f"{text[at]!r} means nothing here")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def fail(text: str, at: int, what: str) -> InvalidInput:
    """An error with the text and a mark under the place."""
    before = max(0, at - 60)
    line = text[before : at + 40].replace("\n", " ")
    return InvalidInput(
        "filter.syntax",
        f"At character {at + 1} of the filter, {what}.\n    {line}\n    {' ' * (at - before)}^",
        hint="See docs/how/filters.md for the language.",
        at=at,
    )


@dataclass(slots=True)
class Parser:
    text: str
    left: list[Token]

    # --- reading tokens ------------------------------------------------------------------------------
    def peek(self) -> Token:
        return self.left[0]

    def take(self) -> Token:
        return self.left.pop(0)

    def has(self, *words: str) -> bool:
        return self.peek().text in words and self.peek().kind in ("word", "mark")

    def skip(self, word: str) -> bool:
        if self.has(word):
            self.take()
            return True
        return False

    def need(self, word: str) -> None:
        if not self.skip(word):
            raise self.expected(f"{word!r}")

    def expected(self, what: str) -> InvalidInput:
        token = self.peek()
        got = "the filter ends" if token.kind == "end" else f"got {token.text}"
        return fail(self.text, token.at, f"expected {what}, {got}")

    # --- combinations ----------------------------------------------------------------------------------
    def whole(self) -> Filter:
        steps: list[Filter] = [self.step()]
        while self.skip("then"):
            steps.append(self.step())
        if self.peek().kind != "end":
            raise self.expected("and, or, then, or the end")
        return steps[0] if len(steps) == 1 else Then(tuple(steps))

    def step(self) -> Filter:
        if self.skip("trim"):
            return Trim(self.period())
        if self.skip("keep"):
            but, at = self.skip("not"), self.peek().at
            test = self.single()
            if not isinstance(test, OfEvent) or test.every:
                raise fail(self.text, at, "keep asks about an event: activity, resource, lifecycle, cost or event.NAME")
            return Keep(test, but)
        return self.either()

    def either(self) -> Condition:
        parts = [self.both()]
        while self.skip("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self) -> Condition:
        parts = [self.negated()]
        while self.skip("and"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negated(self) -> Condition:
        if self.skip("not"):
            return Not(self.negated())
        if self.skip("("):
            inner = self.either()
            self.need(")")
            return inner
        return self.single()

    # --- one condition ---------------------------------------------------------------------------------
    def single(self) -> Condition:
        token = self.peek()
        if self.has("trim", "keep"):
            raise fail(
                self.text,
                token.at,
                f"{token.text} selects events, so it must be a step of its own: ... then {token.text} ...",
            )
        if token.kind != "word":
            raise self.expected("a condition such as `duration > 5d`")
        known: dict[str, Callable[[], Condition]] = {
            "duration": lambda: Duration(self.comparison(self.seconds)),
            "events": lambda: Size(self.comparison(self.number)),
            "follows": lambda: self.follows(directly=False),
            "directly": lambda: self.follows(directly=True),
            "repeats": self.repeats,
            "loops": lambda: Loops(self.arguments()),
            "starts": lambda: Starts(self.with_names()),
            "ends": lambda: Ends(self.with_names()),
            "variant": self.variant,
            "case": lambda: self.of_case(self.dotted()),
            "case_id": lambda: self.of_case("case_id"),
            "event": lambda: self.of_event(self.dotted()),
            "every": self.every,
        }
        if token.text in known:
            self.take()
            return self.checked(token.at, known[token.text])
        if token.text in (*CODED, "cost"):
            return self.checked(token.at, lambda: self.of_event(self.take().text))
        for mode in MODES:
            if self.skip(mode):
                self.need("in")
                return TimeFrame(mode, self.period())
        error = InvalidInput.unknown("filter.syntax", "condition", token.text, STARTERS)
        raise fail(self.text, token.at, f"{token.text!r} is not a condition. {error.hint}".rstrip("."))

    def checked(self, at: int, read: Callable[[], Condition]) -> Condition:
        """A value that the filter itself refuses is an error at its place too."""
        try:
            return read()
        except InvalidInput as error:
            if error.code == "filter.syntax":
                raise
            raise fail(self.text, at, error.message.rstrip(".")) from None

    def follows(self, *, directly: bool) -> Condition:
        self.need("(")
        first = self.names()
        self.need(",")
        after = self.names()
        limits: dict[str, float] = {}
        while self.skip(","):
            word = self.peek().text
            if word not in ("after", "within"):
                raise self.expected("after DURATION or within DURATION")
            self.take()
            limits[word] = self.seconds()
        self.need(")")
        return Follows(first, after, directly, limits.get("after"), limits.get("within"))

    def repeats(self) -> Condition:
        self.need("(")
        found: list[str] = []
        while self.peek().kind == "text":
            found.append(self.string())
            self.need(",")
        times = self.whole_number()
        self.need(")")
        return Repeats(tuple(found), times)

    def arguments(self) -> Names:
        self.need("(")
        found: list[str] = []
        while not self.has(")"):
            if found:
                self.need(",")
            found.append(self.string())
        self.need(")")
        return tuple(found)

    def with_names(self) -> Names:
        self.need("with")
        return self.names()

    def variant(self) -> Condition:
        if self.skip("top"):
            return TopVariants(self.whole_number())
        if self.skip("covers"):
            share = float(self.number())
            return Coverage(share / 100 if self.skip("%") else share)
        if self.skip("is"):
            return Variant(self.arguments())
        raise self.expected("top N, covers 80% or is (...)")

    def every(self) -> Condition:
        at = self.peek().at
        test = self.single()
        if not isinstance(test, OfEvent) or test.every:
            raise fail(self.text, at, "every asks about events: activity, resource, lifecycle, cost or event.NAME")
        return OfEvent(test.column, test.test, every=True)

    def dotted(self) -> str:
        self.need(".")
        if self.peek().kind not in ("word", "text"):
            raise self.expected("the name of an attribute")
        return self.string() if self.peek().kind == "text" else self.take().text

    def of_case(self, column: str) -> Condition:
        different = self.skip_different()
        test = OfCase(column, different or self.comparison(self.value))
        return Not(test) if different else test

    def of_event(self, column: str) -> Condition:
        different = self.skip_different()
        test = OfEvent(column, different or self.comparison(self.value))
        return Not(test) if different else test

    def skip_different(self) -> Compare | None:
        return Compare("=", self.value()) if self.skip("!=") else None

    def comparison(self, read: Callable[[], Scalar]) -> Compare:
        if self.skip("is"):
            self.need("missing")
            return Compare("missing")
        if self.skip("in"):
            if self.skip("("):
                values = [read()]
                while self.skip(","):
                    values.append(read())
                self.need(")")
                return Compare("in", tuple(values))
            low = read()
            self.need("..")
            return Compare("between", (low, read()))
        operators: tuple[Operator, ...] = ("<=", ">=", "=", "<", ">", "contains")
        for operator in operators:
            if self.skip(operator):
                return Compare(operator, read())
        raise self.expected("= != < <= > >=, in, contains or is missing")

    # --- values ------------------------------------------------------------------------------------------
    def names(self) -> Names:
        return self.arguments() if self.has("(") else (self.string(),)

    def string(self) -> str:
        token = self.peek()
        if token.kind != "text":
            raise self.expected("a text in quotes")
        self.take()
        body = token.text[1:-1]
        if token.text[0] == "'":
            body = body.replace("\\'", "'").replace('"', '\\"')
        try:
            return str(json.loads(f'"{body}"', strict=False))
        except ValueError:
            raise fail(self.text, token.at, 'a backslash in a text stands before " \\ n t or u0041') from None

    def value(self) -> Scalar:
        token = self.peek()
        if token.kind == "text":
            return self.string()
        if token.kind == "date":
            return self.take().text
        if token.kind == "number":
            return self.number()
        if self.has("true", "false"):
            return self.take().text == "true"
        raise self.expected('a value: "text", 5, 2024-03-01, true or false')

    def number(self) -> int | float:
        if self.peek().kind != "number":
            raise self.expected("a number")
        text = self.take().text
        return float(text) if re.search(r"[.eE]", text) else int(text)

    def whole_number(self) -> int:
        at, value = self.peek().at, self.number()
        if not isinstance(value, int):
            raise fail(self.text, at, f"expected a whole number, got {value}")
        return value

    def seconds(self) -> float:
        at, value = self.peek().at, self.number()
        if self.peek().text not in SECONDS:
            raise fail(self.text, at, "expected a duration with its unit: 90s, 15min, 2h, 3d, 1w")
        return value * SECONDS[self.take().text]

    def period(self) -> Period:
        at = self.peek().at
        since = self.moment()
        if not since and not self.has(".."):
            raise self.expected("a period such as 2024-01..2024-03")
        until = self.moment() if self.skip("..") else since
        try:
            return Period(since, until)
        except InvalidInput as error:
            raise fail(self.text, at, error.message.rstrip(".")) from None

    def moment(self) -> str:
        token = self.peek()
        if token.kind == "date" or (token.kind == "number" and re.fullmatch(r"\d{4}", token.text)):
            return self.take().text
        if token.kind in ("number", "text"):
            raise self.expected("a date such as 2024, 2024-03 or 2024-03-01T08:30")
        return ""
