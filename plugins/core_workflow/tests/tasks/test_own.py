"""Tasks that belong to no workflow: made, read, changed and taken back."""

import threading
from uuid import UUID

import pytest

from archivolt_core_workflow.tasks import logic as tasks
from archivolt_core_workflow.todos import logic as todos
from archivolt_host.kit.errors import StaleError

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "core_workflow"),
    pytest.mark.placements,
]
ANY = {"If-Match": "*"}
SOON, LATE = "2030-01-01T08:00:00Z", "2031-01-01T08:00:00Z"


def test_somebody_is_given_a_task_and_does_it(people, id_of, inbox, decide, refused):
    ada, bob = people("ada"), people("bob")
    sent = {"title": "Buy milk", "assignee": id_of("bob"), "due_at": SOON}
    made = ada.post("/vault/tasks", json=sent)
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    assert made.json["title"] == "Buy milk"
    assert (made.json["state"], made.json["due_at"]) == ("open", SOON)
    tag = {"If-Match": made.headers["ETag"]}
    changed = ada.patch(path, json={"title": "Buy oats", "due_at": None}, headers=tag)
    assert (changed.json["title"], changed.json["due_at"]) == ("Buy oats", None)
    refused(ada.patch(path, json={"title": "Late"}, headers=tag), 412)
    refused(bob.patch(path, json={"title": "Nothing"}, headers=ANY), 403)
    refused(bob.delete(path, headers=ANY), 403)
    refused(people("carl").get(path), 404)
    assert inbox("bob")["do"]["title"] == "Buy oats"
    assert [t["title"] for t in bob.get("/vault/tasks").json["items"]] == ["Buy oats"]
    assert people("carl").get("/vault/tasks").json["items"] == []
    decide("bob", "do", "done")
    assert ada.get(path).json["state"] == "done"
    refused(ada.delete(path, headers=ANY), 409, "done")
    refused(ada.patch(path, json={"due_at": LATE}, headers=ANY), 409)
    done = ada.get("/vault/tasks?state=done").json["items"]
    assert [task["id"] for task in done] == [made.json["id"]]


def test_what_another_has_changed_meanwhile_is_not_overwritten(people, as_admin):
    made = people("admin").post("/vault/tasks", json={"title": "Dig"}).json
    with as_admin():
        read = tasks.get(UUID(made["id"]))
    path = f"/vault/tasks/{made['id']}"
    people("admin").patch(path, json={"title": "Dig deep"}, headers=ANY)
    with pytest.raises(StaleError), as_admin():
        todos.change(read, {"title": "Fill in"})
    assert people("admin").get(path).json["title"] == "Dig deep"


def test_a_task_taken_back_is_in_no_inbox_any_more(people, inbox, refused):
    ada = people("ada")
    made = ada.post("/vault/tasks", json={"title": "Dig", "due_at": LATE}).json
    ada.post("/vault/tasks", json={"title": "Rest"})
    ada.post("/vault/tasks", json={"title": "Eat", "due_at": SOON})
    titles = [t["title"] for t in ada.get("/vault/inbox").json["items"]]
    assert titles == ["Eat", "Dig", "Rest"]
    path = f"/vault/tasks/{made['id']}"
    refused(ada.delete(path), 428)
    assert ada.delete(path, headers=ANY).status_code == 204
    titles = [t["title"] for t in ada.get("/vault/inbox").json["items"]]
    assert titles == ["Eat", "Rest"]
    assert ada.get(path).json["state"] == "cancelled"
    refused(ada.delete(path, headers=ANY), 409, "cancelled")


def test_what_cannot_be_given_is_refused(people, publish, start, inbox, refused):
    ada = people("ada")
    nobody = {"title": "x", "assignee": "018f2a50-0000-7000-8000-000000000000"}
    refused(ada.post("/vault/tasks", json=nobody), 400, "no user")
    refused(ada.post("/vault/tasks", json={"title": ""}), 400)
    node = {"kind": "task", "assign": {"users": ["ada"]}, "to": "z"}
    source = {"key": "w", "title": "W", "start": "a"}
    publish({**source, "nodes": {"a": node, "z": {"kind": "end"}}})
    start("w", by="ada")
    path = f"/vault/tasks/{inbox('ada')['a']['id']}"
    for answer in (
        ada.patch(path, json={"title": "Mine"}, headers=ANY),
        ada.delete(path, headers=ANY),
    ):
        refused(answer, 409, "belongs to the workflow w")
    source = {**source, "key": "to_do", "nodes": {"a": {"kind": "end"}}}
    answer = people("admin").post("/vault/workflow/definitions", json=source)
    refused(answer, 400, "comes with the product")


def test_the_first_two_tasks_of_a_tenant_may_come_at_once(people):
    clients, barrier, found = [people("ada"), people("bob")], threading.Barrier(2), []

    def make(client):
        barrier.wait()
        found.append(client.post("/vault/tasks", json={"title": "Both"}).status_code)

    threads = [threading.Thread(target=make, args=(c,)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [201, 201]
