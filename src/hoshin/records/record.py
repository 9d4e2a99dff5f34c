"""A record: something people decided, typed and checked. One frozen dataclass per kind, in `records/kinds/`.

The fields give everything else: forms, YAML, CSV and JSON, HTTP, search, docs. A field that names a person is a
`Person`, a text about a person is `Private`: both are stored so that they can be erased later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from hoshin.records.approval import Seat, Tier

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
LINK = re.compile(r"(?:([a-z_]+)=)?([a-z_]+)/([A-Za-z0-9][A-Za-z0-9._-]{0,99})")

Person = Annotated[str, Meta(min_length=1, max_length=200, extra={"personal": "person"})]
Private = Annotated[str, Meta(extra={"personal": "private"})]

# state -> the states one act can bring it to
STATES: dict[str, tuple[str, ...]] = {
    "draft": ("proposed", "retired"),
    "proposed": ("approved", "draft", "retired"),
    "approved": ("in_force", "draft", "retired"),
    "in_force": ("retired", "draft"),
    "retired": ("draft",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has. A kind adds fields and overrides `problems` (and, where it fits, `size`,
    `interested` and `approval`)."""

    id: Annotated[str, Meta(description="Name, unique within the kind: letters, digits, '.', '_', '-'.")]
    title: Annotated[str, Meta(min_length=1, max_length=300, description="One line that says what it is.")]
    owner: Annotated[Person, Meta(description="Who answers for it.")]
    unit: Annotated[str, Meta(description="Business unit it belongs to; empty: all.")] = ""
    review_on: Annotated[date | None, Meta(description="When it must be looked at again.")] = None
    links: Annotated[tuple[str, ...], Meta(description="Other records: `kind/id` or `relation=kind/id`.")] = ()
    evidence: Annotated[tuple[str, ...], Meta(description="Sealed results it rests on (ids `ev-...`).")] = ()

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("owner"),)),)

    def problems(self) -> Iterable[str]:
        """Each thing that is wrong with this record, as a sentence; none if it is right."""
        return ()

    def size(self) -> Decimal | None:
        """The amount or risk score that decides which approval tier holds; None: the lowest."""
        return None

    def interested(self) -> Iterable[str]:
        """Names of the people who may not vote because they gain or lose by it."""
        return ()


def problems_of(record: Record) -> list[str]:
    """What is wrong with `record`: the rules of every record, then those of its kind."""
    found = []
    if not ID.fullmatch(record.id):
        found.append(f"id {record.id!r} must be letters, digits, '.', '_' or '-', at most 100, not starting with one.")
    if record.title != record.title.strip():
        found.append("title has spaces at an end.")
    for link in record.links:
        if not LINK.fullmatch(link):
            found.append(f"link {link!r} is not written kind/id or relation=kind/id.")
    for name in ("links", "evidence"):
        values = getattr(record, name)
        if len(set(values)) < len(values):
            found.append(f"{name} lists the same thing twice.")
    for field in fields(record):
        value = getattr(record, field.name)
        texts = [v for v in (value if isinstance(value, tuple) else (value,)) if isinstance(v, str)]
        if any("\x00" in text for text in texts):
            found.append(f"{field.name} holds a NUL character.")
        if isinstance(value, Decimal) and not (value.is_finite() and value.adjusted() < 30):
            found.append(f"{field.name} {value} is not a number below 1e30.")
    return found or list(record.problems())


def link_parts(link: str) -> tuple[str, str, str]:
    """(relation, kind, id) of a link.

    >>> link_parts("threshold/rework"), link_parts("replaces=kpi_agreement/ct")
    (('relates', 'threshold', 'rework'), ('replaces', 'kpi_agreement', 'ct'))
    """
    found = LINK.fullmatch(link)
    assert found, link
    return found[1] or "relates", found[2], found[3]


@dataclass(frozen=True, slots=True)
class Version:
    """A record as the ledger has it at some moment: the newest revision and where it stands.

    `force_rev` is the revision that is in force (None: none); it stays so while a newer one is being agreed.
    `data` is the newest revision's stored body; `votes`, `tier`, `recused` belong to its proposal."""

    kind: str
    id: str
    rev: int
    state: str
    author: str
    at: str
    seq: int
    digest: str
    data: dict[str, Any]
    force_rev: int | None = None
    proposed_at: str = ""
    tier: dict[str, Any] | None = None
    votes: tuple[Any, ...] = ()
    recused: frozenset[str] = frozenset()
    escalated: bool = False


def may_become(state: str, to: str) -> bool:
    """Whether one act can bring a record from `state` to `to`.

    >>> may_become("draft", "proposed"), may_become("draft", "in_force")
    (True, False)
    """
    return to in STATES[state]


def allowed_from(to: str) -> list[str]:
    """The states from which one act can bring a record to `to`."""
    return [s for s, nexts in STATES.items() if to in nexts]
