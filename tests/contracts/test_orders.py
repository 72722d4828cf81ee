"""Each order in which a list may be asked for is an index's: nothing is sorted."""

import pytest
from sqlalchemy import event

from archivolt_host.kit.access import EVERYTHING
from archivolt_host.kit.db import uuid7
from archivolt_host.kit.paging import Page
from archivolt_host.kit.service import Service

PLUGINS = (
    *("core_identity", "core_permissions", "core_audit", "core_documents"),
    "core_workflow",
)
CORE = tuple(f"archivolt_{name}." for name in PLUGINS)
pytestmark = pytest.mark.plugins(*PLUGINS)
ID = uuid7()
# What a list is always narrowed by, so that the index begins with it.
ALWAYS = {
    "Document": {"status": "active"},
    "Event": {"instance_id": ID},
    "Key": {"user_id": ID},
    "Session": {"user_id": ID},
    "Version": {"document_id": ID},
}
# Orders that may be sorted, each with the reason.
FEW, OF_ONE = "a tenant has few of them", "those of one are few"
NOT_OFFERED = "no list of them is offered in this order"
SORTED = {
    ("Role", "created_at"): FEW,
    ("Group", "name"): FEW,
    ("Group", "created_at"): FEW,
    ("Definition", "title"): FEW,
    ("Delegation", "begins_at"): FEW,
    ("Delegation", "ends_at"): FEW,
    ("Key", "name"): OF_ONE,
    ("Version", "created_at"): OF_ONE,
    ("Factor", "created_at"): NOT_OFFERED,
    ("Membership", "created_at"): NOT_OFFERED,
    ("Nesting", "created_at"): NOT_OFFERED,
    ("Reset", "created_at"): NOT_OFFERED,
    ("Vote", "created_at"): NOT_OFFERED,
    ("Task", "due_at"): NOT_OFFERED,
}


def services(kind=Service):
    """Return every service of a plugin that has orders."""
    for found in kind.__subclasses__():
        yield from services(found)
        if found.__module__.startswith(CORE) and hasattr(found, "model"):
            yield found()


def plan_of(connection, service, column):
    """Return how SQLite goes about a list in this order."""
    seen = []

    def note(_, __, statement, parameters, ___, ____):
        seen.append((statement, parameters))

    more = dict(ALWAYS.get(service.kind, {}))
    if service.scope_columns:
        more["visible"] = EVERYTHING
    event.listen(connection, "before_cursor_execute", note)
    service.filter(Page(limit=5, sort=f"-{column}"), **more)
    event.remove(connection, "before_cursor_execute", note)
    statement, parameters = seen[-1]
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return str([row[-1] for row in rows])


def test_every_order_of_a_list_is_that_of_an_index(tenant, in_tenant):
    with in_tenant(tenant) as work:
        plans = {
            (service.kind, column): plan_of(work.connection, service, column)
            for service in services()
            for column in service.sorts
            if column in service._c
        }
    assert {kind for kind, _ in plans} > {"Document", "User", "Grant", "Request"}
    sorting = {order for order, plan in plans.items() if "TEMP B-TREE" in plan}
    assert sorting == set(SORTED)
