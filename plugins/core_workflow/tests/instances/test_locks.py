"""A parent and its child end at once: in one order of locks."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from archivolt_core_workflow.instances import logic

pytestmark = [
    pytest.mark.plugins("core_identity", "core_workflow"),
    pytest.mark.placements,
]
END = {"kind": "end"}


def state(to, **more):
    return {"kind": "state", "to": to, **more}


def definition(key, start, **nodes):
    return {"key": key, "title": key, "start": start, "nodes": {**nodes, "z": END}}


@pytest.fixture
def family(publish, start, people):
    """A workflow around another, whose end leads on in the first."""
    publish(definition("inner", "a", a=state("z")))
    sub = {"kind": "sub", "definition": "inner", "to": "b"}
    publish(definition("outer", "s", s=sub, b=state("z")))
    parent = start("outer")
    path = f"/vault/workflow/instances?parent_id={parent['id']}"
    [child] = people("admin").get(path).json["items"]
    return parent, child


def wait_for_a_waiting_one(work):
    """Wait until another transaction waits for what this one holds."""
    if work.connection.dialect.name == "sqlite":
        return  # one writes after the other there
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    until = time.monotonic() + 60
    while not work.connection.exec_driver_sql(waiting).scalar():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_child_that_ends_and_a_parent_that_is_cancelled_wait_for_each_other(
    people, as_admin, family, happen, refused
):
    parent, child = family
    with ThreadPoolExecutor(1) as pool:
        with as_admin() as work:
            run = logic.held(UUID(child["id"]))
            path = f"/vault/workflow/instances/{parent['id']}/cancel"
            cancelled = pool.submit(people("admin").post, path, json={})
            wait_for_a_waiting_one(work)
            [token] = run.marking.tokens
            run.fire(token.id, "next")
            run.store()
        assert cancelled.result().json["state"] == "cancelled"
    shown = people("admin").get(f"/vault/workflow/instances/{child['id']}").json
    assert (shown["state"], shown["outcome"]) == ("ended", "z")


def test_a_parent_that_is_cancelled_first_takes_its_child_with_it(
    people, as_admin, family, happen, refused
):
    parent, child = family
    with ThreadPoolExecutor(1) as pool:
        with as_admin() as work:
            logic.cancel(UUID(parent["id"]))
            late = pool.submit(happen, child, "next")
            wait_for_a_waiting_one(work)
        refused(late.result(), 409, "cancelled")
