"""One's own tasks and instances are found by what is one's own, however many exist."""

import pytest
from sqlalchemy import event

from archivolt_core_workflow.instances.service import instances
from archivolt_core_workflow.requests.service import requests
from archivolt_core_workflow.tasks.service import tasks
from archivolt_host.kit.db import uuid7
from archivolt_host.kit.paging import Page

pytestmark = pytest.mark.plugins("core_identity", "core_workflow")
NEWEST = Page(limit=50, sort="-created_at")


def plan_of(connection, look):
    """Run something, and return how SQLite goes about its last statement."""
    seen = []

    def note(_, __, statement, parameters, ___, ____):
        seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    look()
    event.remove(connection, "before_cursor_execute", note)
    statement, parameters = seen[-1]
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return [row[-1] for row in rows]


@pytest.mark.parametrize("service", [tasks, instances])
@pytest.mark.parametrize("filters", [{}, {"state__also": "open", "key__also": "k"}])
def test_ones_own_are_found_by_whose_they_are(tenant, in_tenant, service, filters):
    with in_tenant(tenant) as work:
        found = plan_of(
            work.connection,
            lambda: service.filter(NEWEST, of=uuid7(), **filters),
        )
    assert "MULTI-INDEX OR" in found
    assert not [step for step in found if step.startswith("SCAN")]


@pytest.mark.parametrize(
    ("service", "column"),
    [(requests, "updated_at"), (requests, "title"), (instances, "updated_at")],
)
def test_each_order_has_its_index(tenant, in_tenant, service, column):
    page = Page(limit=50, sort=f"-{column}")
    with in_tenant(tenant) as work:
        found = plan_of(work.connection, lambda: service.filter(page))
    assert len(found) == 1  # nothing is sorted
    assert "USING INDEX" in found[0]


def test_an_overseers_list_of_a_state_is_read_in_its_order(tenant, in_tenant):
    with in_tenant(tenant) as work:
        found = plan_of(work.connection, lambda: tasks.filter(NEWEST, state="open"))
    assert found == [
        "SEARCH workflow_task USING INDEX ix_workflow_task_state (state=?)"
    ]
