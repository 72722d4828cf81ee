"""What the journal and the mailbox hold of a request."""

import email
import json
from contextlib import contextmanager
from email import policy
from uuid import UUID

import pytest

from archivolt_core_workflow.requests import logic, service
from archivolt_host.kit import audit
from archivolt_host.kit.errors import DeniedError, RefusedError
from archivolt_host.tenants import context, sessions

pytestmark = [
    pytest.mark.plugins(
        "core_identity", "core_audit", "core_mail", "core_permissions", "core_workflow"
    ),
    pytest.mark.placements,
]


@pytest.fixture
def submitted(people):
    """A request of ada that waits for a decision."""
    ada = people("ada")
    id = ada.post("/vault/requests", json={"title": "A chair"}).json["id"]
    assert ada.post(f"/vault/requests/{id}/submit").status_code == 200
    return id


@pytest.fixture
def journal(people):
    """Return the journal's lines about an object, oldest first."""

    def read(id):
        rows = people("owner").get(f"/vault/journal?object={id}").json["items"]
        return rows[::-1]

    return read


def test_each_transition_leaves_one_line_with_old_and_new_status(
    people, id_of, submitted, journal
):
    sent = {"User-Agent": "a browser"}
    path = f"/vault/requests/{submitted}"
    manager = people("manager")
    assert manager.post(f"{path}/approve", headers=sent).status_code == 200
    assert manager.post(f"{path}/approve").status_code == 409
    lines = journal(submitted)
    actions = [line["action"] for line in lines]
    assert actions == ["workflow.request.create", "SUBMIT", "APPROVE"]
    last = lines[-1]
    assert last["before"] == {"status": "SUBMITTED"}
    assert last["after"] == {"status": "APPROVED"}
    assert last["actor"] == id_of("manager")
    assert last["user_agent"] == "a browser"
    assert last["address"] == "127.0.0.1"
    assert last["at"]


def test_what_cannot_be_recorded_does_not_happen(people, submitted, monkeypatch):
    def fail(*_, **__):
        raise RefusedError("The journal is full.")

    path, manager = f"/vault/requests/{submitted}", people("manager")
    monkeypatch.setattr(audit, "note", fail)
    assert manager.post(f"{path}/approve").status_code == 409
    assert people("ada").get(path).json["status"] == "SUBMITTED"


@contextmanager
def at_work(tenant, name):
    """Be somebody in a transaction, without HTTP."""
    with context.acting(tenant), sessions.reading():
        actor = logic.hooks.first("find_actor", who=name)
    with context.acting(tenant, actor), sessions.transaction():
        yield


def test_the_rules_hold_without_http(people, submitted, tenant):
    people("manager")
    with at_work(tenant, "ada"):
        draft = logic.create("Two chairs", "", None)
        draft = logic.change(draft, {"title": "Three chairs"})
        assert (draft.status, draft.title) == ("DRAFT", "Three chairs")
        sent = logic.advance(draft, "submit")
        for refused in ("approve", "reject"):
            with pytest.raises(DeniedError):
                logic.advance(sent, refused)
        with pytest.raises(RefusedError):
            logic.change(sent, {"title": "Four chairs"})
    with at_work(tenant, "manager"):
        with pytest.raises(DeniedError):
            logic.change(sent, {"title": "No chair"})
        assert logic.advance(sent, "approve").status == "APPROVED"
        other = service.requests.get(UUID(submitted))
        assert logic.advance(other, "reject").status == "REJECTED"
        with pytest.raises(RefusedError):
            logic.advance(service.requests.get(sent.id), "reject")


def test_the_creator_gets_a_mail_on_each_decision(
    people, submitted, host, tenant, in_tenant, run_jobs
):
    me = people("owner").get("/vault/users?limit=200").json["items"]
    ada = next(user for user in me if user["username"] == "ada")
    changed = people("owner").patch(
        f"/vault/users/{ada['id']}",
        data=json.dumps({"email": "ada@example.org"}),
        headers={"If-Match": "*", "Content-Type": "application/json"},
    )
    assert changed.status_code == 200, changed.text
    run_jobs()
    before = set(host.home.mail.rglob("*.eml"))
    people("manager").post(f"/vault/requests/{submitted}/reject")
    run_jobs()
    (path,) = set(host.home.mail.rglob("*.eml")) - before
    mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["To"] == "ada@example.org"
    assert mail["Subject"] == "Rejected: A chair"
    assert "manager has rejected your request 'A chair'" in mail.get_content()
