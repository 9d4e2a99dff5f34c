"""Who acts: a person or a service, with roles and business units. Roles are the nine of an OPEX programme."""

from __future__ import annotations

from dataclasses import dataclass

ROLES: dict[str, str] = {
    "executive": "sponsors and funds; signs what is large",
    "owner": "answers for a process or a business unit",
    "analyst": "imports logs, mines, models and measures",
    "coe_lead": "leads the centre of excellence: standards, releases, templates",
    "supervisor": "runs the work day by day; confirms models",
    "engineer": "builds and runs automations and connections",
    "risk": "accepts or refuses risks and waivers",
    "auditor": "reads everything, changes nothing",
    "admin": "manages people, settings, backups",
}
ANY = "*"


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is what the ledger holds (a subject id, or 'local'); `name` what people read. `units` are the business
    units they may see and act in, '*' for all. `solo` marks the one user of an embedded workspace."""

    id: str
    name: str
    roles: frozenset[str]
    units: frozenset[str] = frozenset({ANY})
    solo: bool = False

    def in_unit(self, unit: str) -> bool:
        """Whether something of business unit `unit` ('' = of all) is theirs to see."""
        return not unit or ANY in self.units or unit in self.units


LOCAL = Actor("local", "local", frozenset(ROLES), solo=True)
SYSTEM = Actor("system", "system", frozenset({"admin"}))
