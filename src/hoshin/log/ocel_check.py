"""What is doubtful in an object-centric log: things that hang loose, relations to nothing, values out of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.log.ocel import INITIAL, Declared, Ocel, distinct_pairs, read_as

SHOWN = 5
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OcelFinding:
    """`count` of `of` things (`unit`) are doubtful, `why` it matters, `examples` the first of them for a reader."""

    check: str
    count: int
    of: int
    unit: str
    why: str
    examples: tuple[str, ...]


def check_ocel(ocel: Ocel, rejected: pl.DataFrame | None = None) -> tuple[OcelFinding, ...]:
    """Every check on `ocel`; `rejected` is what its import set aside.

    Checks: objects without events, events without objects, undeclared objects, O2O relations to undeclared
    objects or of an object with itself, events of one object at one moment (their order is that of the file),
    changes outside the life of the object, values that do not read as their declared kind, types without a
    member, and what was set aside, by reason.
    """
    found = [check(ocel) for check in CHECKS]
    if rejected is not None and rejected.height:
        for (name, reason), rows in rejected.group_by("part", "reason", maintain_order=True):
            shown, why = tuple(rows["value"].head(SHOWN).to_list()), "it is not in the log"
            unit = f"{name} rows"
            found.append(OcelFinding(f"{name} set aside: {reason}", rows.height, rows.height, unit, why, shown))
    return tuple(found)


def _of(check: str, unit: str, why: str, bad: Mask, name: Callable[[int], str]) -> OcelFinding:
    where = np.flatnonzero(bad)
    return OcelFinding(check, int(where.size), int(bad.size), unit, why, tuple(name(int(k)) for k in where[:SHOWN]))


def orphans(ocel: Ocel) -> OcelFinding:
    used = np.zeros(ocel.object_type.size, dtype=np.bool_)
    used[ocel.e2o.target] = True
    declared = ocel.object_type >= 0
    where = np.flatnonzero(declared)
    return _of(
        "objects without events", "objects", "no view of the process shows them", ~used[where],
        lambda k: _object(ocel, int(where[k])),
    )  # fmt: skip


def lonely_events(ocel: Ocel) -> OcelFinding:
    used = np.zeros(ocel.n_events, dtype=np.bool_)
    used[ocel.e2o.source] = True
    why = "they are in no case, whatever the log is flattened on"
    return _of("events without objects", "events", why, ~used, lambda k: _event(ocel, k))


def undeclared(ocel: Ocel) -> OcelFinding:
    bad = ocel.object_type < 0
    refs = int(bad[ocel.e2o.target].sum())
    why = f"{refs:,} E2O relations name them, but no object of that id is declared, so their type is unknown"
    return _of("undeclared objects", "objects", why, bad, lambda k: _object(ocel, k))


def dangling_links(ocel: Ocel) -> OcelFinding:
    bad = (ocel.object_type[ocel.o2o.source] < 0) | (ocel.object_type[ocel.o2o.target] < 0)
    why = "one end is not declared"
    return _of("O2O relations to undeclared objects", "O2O relations", why, bad, lambda k: _link(ocel, k))


def self_links(ocel: Ocel) -> OcelFinding:
    bad = ocel.o2o.source == ocel.o2o.target
    return _of("O2O relations of an object with itself", "O2O relations", "they say nothing", bad,
               lambda k: _link(ocel, k))  # fmt: skip


def same_time(ocel: Ocel) -> OcelFinding:
    """Pairs of neighbouring events of one object at one moment, with different activities."""
    event, target = distinct_pairs(ocel.e2o.source, ocel.e2o.target)
    tied = (target[1:] == target[:-1]) & (ocel.t_ns[event[1:]] == ocel.t_ns[event[:-1]])
    bad = tied & (ocel.event_type[event[1:]] != ocel.event_type[event[:-1]])
    why = "different activities at one moment of an object: their order is that of the file"
    return _of("events of an object at the same moment", "E2O neighbours", why, bad,
               lambda k: f"{_object(ocel, int(target[k]))}: {_event(ocel, int(event[k]))}, "
               f"{_event(ocel, int(event[k + 1]))}")  # fmt: skip


def late_changes(ocel: Ocel) -> OcelFinding:
    owner, t_ns = ocel.object_values["object"].to_numpy(), ocel.object_values["t_ns"].to_numpy()
    first, last = ocel.life_ns()
    bad = (t_ns != INITIAL) & ((t_ns < first[owner]) | (t_ns > last[owner]))
    why = "a value changed before the first or after the last event of its object: a clock or a zone may be off"
    return _of("changes outside the life of the object", "values", why, bad, lambda k: _value(ocel, k))


def misread(ocel: Ocel) -> OcelFinding:
    bad_event = _misread(ocel, ocel.event_values, ocel.event_kinds, "event")
    bad_object = _misread(ocel, ocel.object_values, ocel.object_kinds, "object")
    bad, split = np.concatenate([bad_event, bad_object]), bad_event.size
    why = "the value does not read as the type its attribute is declared with; it is kept as text"
    return _of("values not of their declared type", "values", why, bad,
               lambda k: _event_value(ocel, k) if k < split else _value(ocel, k - split))  # fmt: skip


def unused_types(ocel: Ocel) -> OcelFinding:
    names = [*ocel.event_types, *ocel.object_types]
    used = np.concatenate(
        [
            np.bincount(ocel.event_type, minlength=len(ocel.event_types)),
            np.bincount(ocel.object_type[ocel.object_type >= 0], minlength=len(ocel.object_types)),
        ]
    )
    why = "declared, but the log has none: perhaps an extract left them out"
    return _of("types without a member", "types", why, used == 0, lambda k: names[k])


CHECKS = (
    orphans, lonely_events, undeclared, dangling_links, self_links, same_time, late_changes, misread, unused_types
)  # fmt: skip


def _misread(ocel: Ocel, values: pl.DataFrame, declared: tuple[Declared, ...], owner: str) -> Mask:
    """bool (n values,): not readable as the kind declared."""
    bad = np.zeros(values.height, dtype=np.bool_)
    types, names = (ocel.event_type, ocel.event_types) if owner == "event" else (ocel.object_type, ocel.object_types)
    code_of = {a: k for k, a in enumerate(ocel.attributes)}
    type_of = {t: k for k, t in enumerate(names)}
    of, attribute = types[values[owner].to_numpy()], values["attribute"].to_numpy()
    for d in declared:
        if d.kind != "string" and d.attribute in code_of:
            mine = (of == type_of.get(d.of, -2)) & (attribute == code_of[d.attribute])
            bad[mine] = read_as(values["value"].filter(pl.Series(mine)), d.kind).is_null().to_numpy()
    return bad


def _event(ocel: Ocel, k: int) -> str:
    return f"{ocel.event_ids[k]} ({ocel.event_types[ocel.event_type[k]]})"


def _object(ocel: Ocel, k: int) -> str:
    code = int(ocel.object_type[k])
    return f"{ocel.object_ids[k]} ({ocel.object_types[code] if code >= 0 else 'undeclared'})"


def _link(ocel: Ocel, k: int) -> str:
    source, target = int(ocel.o2o.source[k]), int(ocel.o2o.target[k])
    return f"{_object(ocel, source)} -> {_object(ocel, target)}: {ocel.qualifiers[ocel.o2o.qualifier[k]]}"


def _value(ocel: Ocel, k: int) -> str:
    owner, attribute, t_ns, value = ocel.object_values.row(k)
    when = "" if t_ns == INITIAL else f" since {np.datetime64(t_ns, 'ns').astype('datetime64[s]')}Z"
    return f"{_object(ocel, owner)}: {ocel.attributes[attribute]} = {value!r}{when}"


def _event_value(ocel: Ocel, k: int) -> str:
    owner, attribute, value = ocel.event_values.row(k)
    return f"{_event(ocel, owner)}: {ocel.attributes[attribute]} = {value!r}"
