"""The life of workflows, from the drawing board to the last decision."""

import signal
import subprocess
import sys

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


CONTRACT = {
    "key": "contract",
    "title": "Contract approval",
    "object": "document",
    "start": "both",
    "data": {
        "type": "object",
        "properties": {"amount": {"type": "integer", "minimum": 1}},
        "required": ["amount"],
    },
    "nodes": {
        "both": {
            "kind": "split",
            "join": "approved",
            "transitions": {"board": {"to": "board"}, "legal": {"to": "legal"}},
        },
        "board": {
            "kind": "task",
            "assign": {"users": ["ada", "grace", "linus"]},
            "quorum": {"need": 2, "yes": "yes", "no": "no"},
            "transitions": {
                "yes": {"to": "approved", "allow": "actor.id != instance.creator"},
                "no": {"to": "dropped"},
            },
        },
        "legal": {
            "kind": "task",
            "due": "1d",
            "assign": {"users": ["carol"]},
            "escalate": [{"after": "2d", "assign": {"users": ["boss"]}}],
            "to": "approved",
        },
        "approved": {"kind": "join", "to": "publish"},
        "publish": {
            "kind": "call",
            "call": "set_document_metadata",
            "with": {"document_id": "=object.id", "metadata": {"status": "published"}},
            "to": "done",
        },
        "done": {"kind": "end"},
        "dropped": {"kind": "end", "terminate": True},
    },
}

KILLED = """
import os, signal, sys
from archivolt_core_workflow.running import later
from archivolt_core_workflow.running.advancing import Run
from archivolt_host.app import open_host
from archivolt_host.tenants import context
from archivolt_host.tenants.home import Home
from pathlib import Path

host = open_host(Home(Path(sys.argv[1])), Path(sys.argv[2]))
Run.store = lambda run, **_: os.kill(os.getpid(), signal.SIGKILL)
with context.acting(host.catalog.get("acme")):
    later.fire_timers.run()
"""


def kill_while_firing(home):
    """Fire the timers in a process that dies before it has written anything back."""
    sent = [sys.executable, "-c", KILLED, str(home), f"{home}.toml"]
    done = subprocess.run(sent, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("killed", [False, True])
def test_a_contract_is_approved_by_many_and_published(
    people,
    id_of,
    publish,
    start,
    upload,
    inbox,
    decide,
    pass_time,
    fast_forward,
    host,
    killed,
):
    for name in ("boss", "hopper"):
        people(name)
    publish(CONTRACT)
    document = upload()
    instance = start("contract", object_id=document, data={"amount": 7})
    path = f"/vault/workflow/instances/{instance['id']}"
    away = {"to_user": id_of("hopper"), "ends_at": "2099-01-01T00:00:00Z"}
    delegated = people("grace").post("/vault/workflow/delegations", json=away)
    assert delegated.status_code == 201, delegated.text

    decide("ada", "board", "yes", comment="Good.")
    assert inbox("ada") == {}
    decide("hopper", "board", "yes")
    assert inbox("linus") == {}
    assert people("admin").get(path).json["state"] == "running"

    assert inbox("boss") == {}
    if killed:
        pass_time(days=3)
        kill_while_firing(host.home.path)
    fast_forward(days=3)
    decide("boss", "legal", "next")

    ended = people("admin").get(path).json
    assert (ended["state"], ended["outcome"]) == ("ended", "done")
    shown = people("admin").get(f"/vault/documents/{document}").json
    assert shown["metadata"] == {"status": "published"}
    story = people("admin").get(f"{path}/history?limit=200").json["items"]
    told = [(e["name"], e["source"], e["target"]) for e in story]
    assert told == [
        ("start", None, "both"),
        ("board", "both", "board"),
        ("legal", "both", "legal"),
        ("vote", "board", "yes"),
        ("vote", "board", "yes"),
        ("yes", "board", "approved"),
        ("escalate", "legal", None),
        ("next", "legal", "approved"),
        ("next", "approved", "publish"),
        ("next", "publish", "done"),
    ]
    by = {e["number"]: (e["actor"], e["on_behalf_of"]) for e in story}
    assert by[5] == (id_of("hopper"), id_of("grace"))
    assert by[7] == ("00000000-0000-0000-0000-000000000000", None)
