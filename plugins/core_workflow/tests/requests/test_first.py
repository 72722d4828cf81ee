"""The life of a request."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_workflow"),
    pytest.mark.placements,
]


def test_a_request_is_made_changed_submitted_and_approved(people, id_of, refused):
    ada, admin = people("ada"), people("admin")
    made = ada.post("/vault/requests", json={"title": "A chair"})
    assert made.status_code == 201, made.text
    id, tag = made.json["id"], made.headers["ETag"]
    assert made.json["status"] == "DRAFT"
    path = f"/vault/requests/{id}"
    refused(admin.get(path), 404)
    changed = ada.patch(path, json={"description": "Red"}, headers={"If-Match": tag})
    assert changed.json["description"] == "Red"
    assert ada.post(f"{path}/submit").json["status"] == "SUBMITTED"
    refused(ada.post(f"{path}/submit"), 409, "SUBMITTED")
    refused(ada.post(f"{path}/approve"), 403)
    approved = admin.post(f"{path}/approve")
    assert approved.status_code == 200, approved.text
    assert approved.json["status"] == "APPROVED"
    assert approved.json["reviewed_by"] == id_of("admin")
    assert approved.json["reviewed_at"]
    refused(admin.post(f"{path}/reject"), 409)
    assert [r["id"] for r in admin.get("/vault/requests").json["items"]] == [id]
