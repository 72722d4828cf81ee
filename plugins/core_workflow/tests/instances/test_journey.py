"""The life of workflows, from the drawing board to the last decision."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents", "core_workflow"),
    pytest.mark.placements,
]

REVIEW = {
    "key": "review",
    "title": "Review",
    "start": "review",
    "nodes": {
        "review": {
            "kind": "task",
            "assign": {"users": ["ada", "grace"]},
            "transitions": {"accept": {"to": "done"}, "refuse": {"to": "refused"}},
        },
        "done": {"kind": "end"},
        "refused": {"kind": "end"},
    },
}


def test_one_of_two_claims_and_decides(people, publish, start, refused):
    admin, ada, grace = people("admin"), people("ada"), people("grace")
    publish(REVIEW)
    instance = start("review")
    (task,) = ada.get("/vault/inbox").json["items"]
    assert [t["id"] for t in grace.get("/vault/inbox").json["items"]] == [task["id"]]
    assert admin.get("/vault/inbox").json["items"] == []
    path = f"/vault/tasks/{task['id']}"
    assert ada.post(f"{path}/claim").status_code == 200
    assert grace.get("/vault/inbox").json["items"] == []
    refused(grace.post(f"{path}/decide", json={"decision": "accept"}), 403)
    whole = ada.get(path).json
    assert [c["name"] for c in whole["choices"]] == ["accept", "refuse"]
    decided = ada.post(f"{path}/decide", json={"decision": "accept", "comment": "ok"})
    assert decided.status_code == 200, decided.text
    assert decided.json["decision"] == "accept"
    ended = admin.get(f"/vault/workflow/instances/{instance['id']}").json
    assert (ended["state"], ended["outcome"]) == ("ended", "done")
    history = admin.get(f"/vault/workflow/instances/{instance['id']}/history").json
    names = [(e["name"], e["comment"]) for e in history["items"]]
    assert names == [("start", None), ("accept", "ok")]
