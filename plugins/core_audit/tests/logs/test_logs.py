"""RA-08, RA-16, RA-24, RA-25: audit logs, read only, with old and new status."""

import pytest

pytestmark = [
    pytest.mark.plugins(
        "core_identity", "core_audit", "core_documents", "core_workflow"
    ),
    pytest.mark.placements,
]


@pytest.fixture
def approved(client_as, tenant):
    """A request that a member made and the admin approved."""
    member, admin = client_as("member"), client_as("admin")
    sent = {"title": "A desk", "description": "A large one"}
    made = member.post("/vault/requests", json=sent).json
    path = f"/vault/requests/{made['id']}"
    assert member.post(f"{path}/submit", json={}).status_code == 200
    answer = admin.post(f"{path}/approve", json={}, headers={"User-Agent": "Firefox"})
    assert answer.status_code == 200, answer.text
    return made["id"]


@pytest.mark.parametrize("path", ["/api/v1/audit-logs/", "/vault/audit-logs"])
def test_an_approval_tells_all_five_things(owner, approved, path):
    query = {"target": approved, "action": "APPROVE"}
    (row,) = owner.get(path, query_string=query).json["items"]

    assert row["action"] == "APPROVE"
    assert row["actor"] == owner.get("/vault/me").json["id"]
    assert row["metadata"] == {"old_status": "SUBMITTED", "new_status": "APPROVED"}
    assert (row["ip_address"], row["user_agent"]) == ("127.0.0.1", "Firefox")
    assert row["timestamp"].startswith("20")
    assert row["target"] == approved
    assert owner.get(f"/api/v1/audit-logs/{row['id']}").json == row


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_audit_logs_are_read_only(owner, approved, method):
    (row, *_) = owner.get("/api/v1/audit-logs/").json["items"]
    for path in ("/api/v1/audit-logs/", f"/api/v1/audit-logs/{row['id']}"):
        assert getattr(owner, method)(path, json={}).status_code == 405


def test_logs_of_another_target_are_not_shown(owner, approved):
    asked = owner.get("/api/v1/audit-logs/?target=nothing")
    assert asked.json["items"] == []
