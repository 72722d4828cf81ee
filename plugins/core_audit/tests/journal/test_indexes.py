"""Each filter of the journal has its index, which gives the order of the list, too."""

import pytest
from sqlalchemy import event, text

from archivolt_core_audit.journal.service import entries
from archivolt_host.kit.db import now, uuid7
from archivolt_host.kit.paging import Page

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit"),
    pytest.mark.placements,
]
SORTED = ("SORT", "TEMP B-TREE")
FILTERS = [
    ("actor", "ix_audit_entry_actor"),
    ("action", "ix_audit_entry_action"),
    ("object", "ix_audit_entry_object"),
    ("at__gte", "ix_audit_entry_newest"),
    (None, "ix_audit_entry_newest"),
]


def entry(number):
    return {
        "id": uuid7(),
        "at": now(),
        "actor": uuid7(),
        "actor_name": "grace",
        "action": f"notes.note.deed{number}",
        "kind": "notes.note",
        "object": str(uuid7()),
        "address": "",
        "user_agent": "",
        "request_id": "",
    }


def plan_of(connection, look):
    """Run something, and return how the database goes about its last statement."""
    seen = []

    def note(_, __, statement, parameters, ___, ____):
        seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    look()
    event.remove(connection, "before_cursor_execute", note)
    statement, parameters = seen[-1]
    is_sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
    return "\n".join(str(row[-1]) for row in rows)


def test_each_filter_has_its_index(tenant, in_tenant):
    rows = [entry(number) for number in range(2000)]
    with in_tenant(tenant):
        entries.bulk_create(rows)
    with in_tenant(tenant) as work:
        if work.connection.dialect.name == "postgresql":
            # So few rows are read faster one after the other.
            work.connection.execute(text("SET LOCAL enable_seqscan = off"))
            work.connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        for name, index in FILTERS:
            value = {} if name is None else {name: rows[7][name.split("__")[0]]}

            def look(value=value):
                entries.filter(Page(50, sort="-at"), **value)

            plan = plan_of(work.connection, look)
            assert index in plan, plan
            assert not any(word in plan.upper() for word in SORTED), plan
