"""Who may do what, as data: rules in a TOML file, one pure decision, tests in the same file.

Deny by default: without an allowing rule the answer is no; a forbidding rule wins over all others; a rule that
cannot be read stops the whole policy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from hoshin.errors import InvalidInput
from hoshin.records.actor import ROLES, Actor
from hoshin.records.approval import Tier, tier_from
from hoshin.records.catalogue import kind_class, kinds

DEFAULT = Path(__file__).with_name("policy.toml")
VERBS = ("read", "write", "propose", "approve", "enact", "retire", "withdraw", "recuse", "comment")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Holders of one of `roles` may (or may not) `do` something on what matches `on` and not `but`."""

    roles: tuple[str, ...]
    do: tuple[str, ...]
    on: tuple[str, ...]
    but: tuple[str, ...] = ()
    effect: Literal["allow", "forbid"] = "allow"

    def covers(self, roles: frozenset[str], verb: str, what: str) -> bool:
        return (
            bool(roles & set(self.roles))
            and any(d in (verb, "*") for d in self.do)
            and any(fnmatchcase(what, p) for p in self.on)
            and not any(fnmatchcase(what, p) for p in self.but)
        )


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of logs named like `logs`, people with business units see the cases whose `column` is one of them."""

    logs: tuple[str, ...]
    column: str
    except_roles: tuple[str, ...] = ()


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the policy must answer."""

    roles: tuple[str, ...]
    do: str
    on: str
    expect: Literal["allow", "deny"]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...] = ()
    scope: tuple[Scope, ...] = ()
    approval: tuple[dict[str, Any], ...] = ()
    test: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy."""

    rules: tuple[Rule, ...]
    scopes: tuple[Scope, ...]
    approvals: dict[str, tuple[Tier, ...]]
    tests: tuple[Example, ...]

    def allows(self, roles: frozenset[str], verb: str, what: str) -> bool:
        """Whether holders of `roles` may do `verb` on `what`."""
        hits = [r.effect for r in self.rules if r.covers(roles, verb, what)]
        return "allow" in hits and "forbid" not in hits

    def column(self, actor: Actor, log: str) -> str:
        """The column that limits which rows of `log` the actor sees; '' if they see all."""
        for scope in self.scopes:
            named = any(fnmatchcase(log.partition("@")[0], p) for p in scope.logs)
            if named and "*" not in actor.units and not actor.roles & set(scope.except_roles):
                return scope.column
        return ""

    def tiers(self, kind: str) -> Sequence[Tier]:
        """The approval tiers of `kind`: the policy's, else the kind's own."""
        return self.approvals.get(kind) or kind_class(kind).approval

    def failures(self) -> list[dict[str, Any]]:
        """The tests of the file that do not hold."""
        found = []
        for test in self.tests:
            said = "allow" if self.allows(frozenset(test.roles), test.do, test.on) else "deny"
            if said != test.expect:
                found.append(
                    {"roles": list(test.roles), "do": test.do, "on": test.on, "expect": test.expect, "got": said}
                )
        return found


def load(path: Path) -> Policy:
    """The policy in `path`, else the one that comes with hoshin; read again when the file changes."""
    chosen = path if path.is_file() else DEFAULT
    return _load(chosen, chosen.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _load(path: Path, _changed: int) -> Policy:
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, where: str = "policy") -> Policy:
    """Read a policy; InvalidInput(policy.file) says what is wrong in it."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidInput("policy.file", f"{where}: {error}", hint="See the default policy for the form.") from error
    for n, rule in enumerate(file.rule, 1):
        _known(rule.roles, ROLES, "role", f"{where}, rule {n}")
        _known([d for d in rule.do if d != "*"], VERBS, "verb", f"{where}, rule {n}")
    approvals: dict[str, tuple[Tier, ...]] = {}
    for n, given in enumerate(file.approval, 1):
        kind = str(given.get("kind", ""))
        _known([kind], kinds.names(), "kind of record", f"{where}, approval {n}")
        try:
            tier = tier_from(given)
        except (KeyError, TypeError, ArithmeticError) as error:
            raise InvalidInput("policy.file", f"{where}, approval {n}: {error!r}", hint="It needs `seats`.") from error
        for seat in tier.seats:
            _known([seat.role] if seat.role else [], ROLES, "role", f"{where}, approval {n}")
        approvals[kind] = (*approvals.get(kind, ()), tier)
    return Policy(file.rule, file.scope, approvals, file.test)


def _known(names: Sequence[str], known: Any, what: str, where: str) -> None:
    for name in names:
        if name not in known:
            error = InvalidInput.unknown("policy.file", what, name, known)
            raise InvalidInput("policy.file", f"{where}: {error.message}", hint=error.hint)
