"""Non-routine adjustments: what changed for another reason than the project, in money of the KPI, with evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hoshin.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Between `first` and `last` the baseline would have been `amount` higher (outcome units per period).

    Sign-neutral: an event that made the outcome better by itself has the sign that reduces the saving.
    `amount_se` is its standard error. `evidence` and `approved_by` may not be empty.
    """

    first: str
    last: str
    amount: float
    reason: str
    evidence: str
    approved_by: str
    amount_se: float = 0.0


def adjustments_of(rows: Iterable[Mapping[str, Any] | Adjustment]) -> tuple[Adjustment, ...]:
    """Adjustments from plain data. InvalidInput(value.adjustment) names what is missing."""
    result = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Adjustment):
            item = row
        else:
            names = set(Adjustment.__dataclass_fields__)
            strange = sorted(set(row) - names)
            missing = sorted(names - {"amount_se"} - set(row))
            if strange or missing:
                raise InvalidInput(
                    "value.adjustment",
                    f"Adjustment {number}: "
                    + (f"unknown {', '.join(strange)}" if strange else f"missing {', '.join(missing)}")
                    + ".",
                    hint="Give first, last, amount, reason, evidence, approved_by.",
                )
            item = Adjustment(**row)
        if not (item.evidence.strip() and item.approved_by.strip() and item.reason.strip()):
            raise InvalidInput(
                "value.adjustment",
                f"Adjustment {number} ({item.first} to {item.last}) has no reason, evidence or approver.",
                hint="An adjustment without evidence and approval is a wish.",
            )
        if item.amount_se < 0:
            raise InvalidInput("value.adjustment", f"Adjustment {number}: amount_se is {item.amount_se:g}, below zero.")
        result.append(item)
    return tuple(result)
