"""A Camunda 7 history: the engine's own DDL in a PostgreSQL schema, filled with runs of its invoice example.

The DDL is Camunda's (Apache License 2.0, see its header): camunda7_postgres_history.sql.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

DDL = Path(__file__).parent / "camunda7_postgres_history.sql"
ZONE = "Europe/Berlin"
STEPS = [
    ("StartEvent_1", "Invoice received", "startEvent", 0, None),
    ("assignApprover", "Assign Approver Group", "businessRuleTask", 0, None),
    ("approveInvoice", "Approve Invoice", "userTask", 47, "demo"),
    ("invoice_approved", "Invoice approved?", "exclusiveGateway", 0, None),
    ("prepareBankTransfer", "Prepare Bank Transfer", "userTask", 90, "mary"),
    ("ServiceTask_1", None, "serviceTask", 1, None),
    ("invoiceProcessed", "Invoice processed", "noneEndEvent", 0, None),
]
Event = tuple[str, str, datetime]


def create(connection: Any, schema: str) -> None:
    connection.execute(sa.text(f"SET search_path TO {schema}"))
    statements = "\n".join(line for line in DDL.read_text().splitlines() if not line.startswith("--"))
    for statement in filter(None, (s.strip() for s in statements.split(";"))):
        connection.execute(sa.text(statement))


def insert(connection: Any, schema: str, table: str, **values: Any) -> None:
    names = ", ".join(values)
    sql = f"INSERT INTO {schema}.{table} ({names}) VALUES ({', '.join(':' + n for n in values)})"
    connection.execute(sa.text(sql), values)


def run(connection: Any, schema: str, number: int, key: str = "invoice") -> list[Event]:
    """One process instance; each fifth still waits for its approval, each seventh is cancelled there."""
    instance, definition = f"p{number:04d}", f"{key}:2:7"
    now = datetime(2024, 3, 30, 21, 0, tzinfo=UTC) + timedelta(minutes=50 * number)  # across the change of clocks
    waiting, cancelled = number % 5 == 4, number % 7 == 6
    common = {
        "PROC_DEF_KEY_": key,
        "PROC_DEF_ID_": definition,
        "PROC_INST_ID_": instance,
        "ROOT_PROC_INST_ID_": instance,
    }
    insert(
        connection, schema, "ACT_HI_PROCINST", ID_=instance, BUSINESS_KEY_=f"INV-{number}", START_TIME_=wall(now),
        STATE_="ACTIVE" if waiting else "COMPLETED", **common,
    )  # fmt: skip
    values = {"amount": ("double", "DOUBLE_", 30.5 * number), "creditor": ("string", "TEXT_", "Great Pizza")}
    values |= {"approved": ("boolean", "LONG_", number % 2), "received": ("date", "LONG_", 1_711_836_000_000)}
    for name, (kind, column, value) in values.items():
        own = {"ID_": f"{instance}-{name}", "NAME_": name, "VAR_TYPE_": kind, column: value}
        insert(connection, schema, "ACT_HI_VARINST", **own, **common)
    local = {"ID_": f"{instance}-own", "NAME_": "amount", "VAR_TYPE_": "string", "TASK_ID_": "x", "TEXT_": "local"}
    insert(connection, schema, "ACT_HI_VARINST", **local, **common)
    made = []
    for step, (element, label, kind, minutes, who) in enumerate(STEPS):
        begin, end = now, now + timedelta(minutes=minutes, milliseconds=step + number)
        task = f"{instance}-t{step}" if kind == "userTask" else None
        open_ = waiting and element == "approveInvoice"
        state = 2 if cancelled and element == "approveInvoice" else 1 if kind == "noneEndEvent" else 0
        insert(
            connection, schema, "ACT_HI_ACTINST", ID_=f"{element}:{number}", EXECUTION_ID_=instance, ACT_ID_=element,
            ACT_NAME_=label, ACT_TYPE_=kind, TASK_ID_=task, ASSIGNEE_=who, START_TIME_=wall(begin),
            END_TIME_=None if open_ else wall(end), ACT_INST_STATE_=state, **common,
        )  # fmt: skip
        if task:
            insert(
                connection, schema, "ACT_HI_TASKINST", ID_=task, TASK_DEF_KEY_=element, NAME_=label, ASSIGNEE_=who,
                OWNER_="boss", START_TIME_=wall(begin), END_TIME_=None if open_ else wall(end), PRIORITY_=50,
                DUE_DATE_=wall(begin + timedelta(days=7)), **common,
            )  # fmt: skip
        if open_:
            break
        if kind != "exclusiveGateway":
            made.append((instance, label or element, end))
        if state == 2:
            break
        now = end
    return made


def wall(when: datetime) -> datetime:
    """As the engine writes it: its zone's clock, without a zone."""
    return when.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)


def finish(connection: Any, schema: str, number: int, at: datetime) -> Event:
    """The waiting approval of instance `number` ends at `at`."""
    where = f"UPDATE {schema}.ACT_HI_ACTINST SET END_TIME_ = :at WHERE ID_ = :id"
    connection.execute(sa.text(where), {"at": wall(at), "id": f"approveInvoice:{number}"})
    return (f"p{number:04d}", "Approve Invoice", at)
