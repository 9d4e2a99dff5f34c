"""Cost: what people and runs cost in money and emissions, for twins whose log did not say."""

from __future__ import annotations

import msgspec

from hoshin.errors import InvalidInput
from hoshin.twin.model import Twin
from hoshin.twin.roles import people
from hoshin.twin.scenarios._parts import Amount, Fields, each, replaced


class Change(Fields, frozen=True, kw_only=True):
    """Money and kg CO2e: `per_hour` on duty of a `role` or `resource`, `per_run` of an `activity`; `currency`."""

    role: str = ""
    resource: str = ""
    activity: str = ""
    per_hour: Amount | None = None
    per_run: Amount | None = None
    kg_co2e_per_hour: Amount | None = None
    kg_co2e_per_run: Amount | None = None
    currency: str = ""


def apply(change: Change, twin: Twin) -> Twin:
    """Figures are set, not added. Hours on duty are paid whether there is work or not."""
    by_run = {"money": change.per_run, "kg_co2e": change.kg_co2e_per_run}
    by_hour = {"money_per_hour": change.per_hour, "kg_co2e_per_hour": change.kg_co2e_per_hour}
    runs = {k: v for k, v in by_run.items() if v is not None}
    hours = {k: v for k, v in by_hour.items() if v is not None}
    if not (runs or hours) or (runs and not change.activity):
        raise InvalidInput("scenario.cost", "It is not said what costs how much.",
                           hint="per_hour with a role or resource; per_run with an activity.")  # fmt: skip
    activities, resources = list(twin.activities), list(twin.resources)
    if runs:
        name = {twin.activity(change.activity).name}
        activities = each(activities, name, lambda a: msgspec.structs.replace(a, **runs))
    if hours:
        who = people(twin, role=change.role, resource=change.resource, activity="" if runs else change.activity)
        resources = each(resources, {r.name for r in who}, lambda r: msgspec.structs.replace(r, **hours))
    return replaced(twin, activities=activities, resources=resources, currency=change.currency or twin.currency)
