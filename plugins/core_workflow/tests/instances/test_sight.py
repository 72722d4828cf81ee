"""Nobody starts, sees or moves through a workflow what they may not in the vault."""

import json

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents", "core_workflow"),
    pytest.mark.placements,
]
END = {"kind": "end"}
SECRET, WITHHELD = "The takeover of Umbra", "(out of your sight)"
FILE = {
    "kind": "call",
    "call": "set_document_metadata",
    "with": {"document_id": "=object.id", "metadata": {"status": "published"}},
    "to": "z",
}


def definition(key, about="document", **nodes):
    start = next(iter(nodes))
    return {
        "key": key,
        "title": key,
        "object": about,
        "start": start,
        "nodes": {**nodes, "z": END},
    }


def task(to="z", *users):
    return {"kind": "task", "assign": {"users": list(users) or ["ada"]}, "to": to}


@pytest.fixture
def deny(people, id_of):
    """Take a role from somebody on one folder or document, and return the grant."""

    def refuse(role, user, scope):
        people(user)
        sent = {"role": role, "user": user, "scope": scope, "effect": "deny"}
        answer = people("admin").post("/vault/grants", json=sent)
        assert answer.status_code == 201, answer.text
        return answer.json["id"]

    return refuse


@pytest.fixture
def secret(people, upload):
    """A document whose title nobody is to learn by the back door."""
    id = upload()
    sent = {"json": {"title": SECRET}, "headers": {"If-Match": "*"}}
    changed = people("admin").patch(f"/vault/documents/{id}", **sent)
    assert changed.status_code == 200, changed.text
    return id


@pytest.fixture
def writers(people):
    """A role that may change documents, and no more: to deny it leaves reading."""
    sent = {"name": "writers", "permissions": ["documents.update"]}
    made = people("admin").post("/vault/roles", json=sent)
    assert made.status_code == 201, made.text
    return "writers"


def metadata(people, document):
    return people("admin").get(f"/vault/documents/{document}").json["metadata"]


def test_nobody_starts_a_workflow_on_what_they_may_not_read(
    people, publish, secret, deny, refused, start
):
    publish(definition("review", a=task()))
    deny("guest", "eve", secret)
    sent = {"definition": "review", "object_id": secret}
    refused(people("eve").post("/vault/workflow/instances", json=sent), 404)
    other = {**sent, "object_id": "01900000-0000-7000-8000-000000000000"}
    refused(people("eve").post("/vault/workflow/instances", json=other), 404)
    assert people("admin").get("/vault/workflow/instances").json["items"] == []
    assert start("review", by="ada", object_id=secret)["title"] == SECRET


def test_nobody_starts_a_workflow_on_a_request_that_is_not_theirs(
    people, publish, refused, start
):
    publish(definition("about", "request", a=task("z", "boss")))
    sent = {"title": SECRET, "description": "x"}
    id = people("ada").post("/vault/requests", json=sent).json["id"]
    wanted = {"definition": "about", "object_id": id}
    for stranger in ("eve", "boss", "admin"):  # a draft is for its maker alone
        answer = people(stranger).post("/vault/workflow/instances", json=wanted)
        refused(answer, 404, "Request")
        assert SECRET not in answer.text
    start("about", by="ada", object_id=id)
    (mine,) = people("boss").get("/vault/inbox").json["items"]
    assert mine["title"] == WITHHELD


def test_what_is_out_of_sight_is_told_nowhere(
    people, publish, secret, deny, start, inbox, decide
):
    vote = task("z", "ada", "grace", "boss") | {
        "quorum": {"need": 3, "yes": "yes", "no": "no"},
        "transitions": {"yes": {"to": "z"}, "no": {"to": "z"}},
    }
    del vote["to"]
    data = {"properties": {"why": {"type": "string"}}}
    each = {"kind": "each", "items": f"['{SECRET}']", "to": "vote"}
    made = publish(definition("review", each=each, vote=vote) | {"data": data})
    instance = start("review", by="grace", object_id=secret, data={"why": SECRET})
    decide("boss", "vote", "yes", comment=SECRET)
    (mine,) = people("grace").get("/vault/inbox").json["items"]
    assert mine["title"] == f"vote: {SECRET}"
    path = f"/vault/workflow/instances/{instance['id']}"
    pages = [
        path,
        f"{path}/history",
        "/vault/inbox",
        "/vault/inbox?overdue=false&show=mine",
        f"/vault/tasks/{mine['id']}",
        "/vault/workflow/instances",
        "/vault/workflow/instances?sort=updated_at&limit=1",
    ]
    known = {page: people("grace").get(page) for page in pages}
    assert [page for page in pages if SECRET not in known[page].text] == []
    grant = deny("guest", "grace", secret)
    for page in pages:
        for sent in ({}, {"If-None-Match": known[page].headers.get("ETag", "")}):
            answer = people("grace").get(page, headers=sent)
            assert answer.status_code == 200, answer.text
            assert SECRET not in answer.text, page
            assert secret not in answer.text, page
            assert "ETag" not in answer.headers
    asked = f"/vault/workflow/instances?object_id={secret}&count=true"
    assert people("grace").get(asked).json == {"items": [], "next": None}
    problem = people("grace").get("/vault/workflow/instances?sort=title")
    assert problem.status_code == 400, "the order of titles tells of them"
    check = f"/vault/workflow/definitions/{made['id']}/check"
    assert SECRET not in people("grace").get(check).text
    people("admin").delete(f"/vault/grants/{grant}")
    assert SECRET in people("grace").get(path).text


def test_a_check_names_running_instances_to_overseers_alone(
    people, publish, secret, deny, start
):
    publish(definition("review", a=task()))
    start("review", object_id=secret)
    draft = definition("review", b=task())
    made = people("admin").post("/vault/workflow/definitions", json=draft).json
    path = f"/vault/workflow/definitions/{made['id']}/check"
    found = people("admin").get(path).json
    assert [one["title"] for one in found["differing"]] == [SECRET]
    found = people("eve").get(path).json
    assert (found["running"], found["differing"]) == (1, [])
    deny("guest", "manager", secret)
    found = people("manager").get(path).json
    assert [one["title"] for one in found["differing"]] == [WITHHELD]


def test_nobody_moves_what_they_may_not_read(
    people, id_of, publish, secret, deny, start, inbox, refused, history
):
    publish(definition("review", a=task("b", "ada", "grace"), b=task()))
    events = definition("steps", a={"kind": "state", "to": "z"})
    publish(events)
    instance, steps = (start(key, object_id=secret) for key in ("review", "steps"))
    deny("guest", "ada", secret)
    ada, sent = people("ada"), {"decision": "next"}
    path = f"/vault/tasks/{inbox('ada')['a']['id']}"
    refused(ada.post(f"{path}/claim"), 403, "may not see the document")
    refused(ada.post(f"{path}/decide", json=sent), 403, "may not see the document")
    many = {"decisions": [{"task_id": inbox("ada")["a"]["id"], **sent}]}
    (result,) = ada.post("/vault/inbox/decide", json=many).json["results"]
    assert (result["decided"], "may not see" in result["problem"]) == (False, True)
    mine = {"user_id": id_of("ada")}
    refused(people("admin").post(f"{path}/reassign", json=mine), 400, "share it with")
    deny("guest", "manager", secret)
    event = f"/vault/workflow/instances/{steps['id']}/events"
    refused(people("manager").post(event, json={"event": "next"}), 403, "may not see")
    assert [history(one) for one in (instance, steps)] == [["start"], ["start"]]
    assert people("grace").post(f"{path}/decide", json=sent).status_code == 200
    stop = f"/vault/workflow/instances/{instance['id']}/cancel"
    ended = people("manager").post(stop, json={}).json
    assert (ended["state"], ended["title"]) == ("cancelled", WITHHELD)


def test_who_stands_in_needs_sight_of_their_own(
    people, id_of, publish, secret, deny, start, inbox, refused
):
    publish(definition("review", a=task()))
    start("review", object_id=secret)
    deny("guest", "grace", secret)
    away = {"to_user": id_of("grace"), "ends_at": "2099-01-01T00:00:00Z"}
    assert (
        people("ada").post("/vault/workflow/delegations", json=away).status_code == 201
    )
    (mine,) = people("grace").get("/vault/inbox").json["items"]
    assert mine["title"] == WITHHELD
    path = f"/vault/tasks/{mine['id']}/decide"
    refused(people("grace").post(path, json={"decision": "next"}), 403, "may not see")


@pytest.mark.parametrize("action", ["set_document_metadata", "move_document"])
def test_an_action_asks_for_the_right_on_that_very_document(
    people, publish, secret, deny, writers, start, inbox, refused, history, action
):
    """To hold ``documents.update`` on anything at all is not enough."""
    given = {"set_document_metadata": {"metadata": {"status": "published"}}}
    call = {**FILE, "call": action, "with": {"document_id": "=object.id"}}
    call["with"] |= given.get(action, {"folder_id": "=object.folder_id"})
    if action == "move_document":
        folder = people("admin").post("/vault/folders", json={"name": "F"}).json["id"]
        call["with"]["folder_id"] = folder
    publish(definition("file", a=task("c"), c=call))
    instance = start("file", object_id=secret)
    deny(writers, "ada", secret)
    assert people("ada").get(f"/vault/documents/{secret}").status_code == 200
    path = f"/vault/tasks/{inbox('ada')['a']['id']}/decide"
    answer = people("ada").post(path, json={"decision": "next"})
    refused(answer, 403, "documents.update")
    assert (history(instance), metadata(people, secret)) == (["start"], {})


def test_time_moves_only_what_its_starter_may_move(
    people, publish, secret, deny, writers, start, fast_forward, history
):
    ways = {"go": {"to": "z"}, "late": {"to": "c", "after": "1h"}}
    source = definition("file", a={"kind": "state", "transitions": ways}, c=FILE)
    publish(source)
    people("ada")
    theirs = start("file", by="ada", object_id=secret)
    deny(writers, "ada", secret)
    fast_forward(hours=2)
    assert history(theirs) == ["start", "timer"]
    assert metadata(people, secret) == {}
    mine = start("file", object_id=secret)
    fast_forward(hours=2)
    assert history(mine) == ["start", "late", "next"]
    assert metadata(people, secret) == {"status": "published"}


def test_time_tells_nobody_what_its_starter_may_not_read(
    people, publish, secret, deny, start, fast_forward, history
):
    """A guard that looks at the document refuses, what does not goes on."""
    looks = {"go": {"to": "z"}}
    looks["late"] = {"to": "z", "after": "1h", "guard": "object.title != ''"}
    blind = {"go": {"to": "z"}, "late": {"to": "z", "after": "1h"}}
    for key, ways in (("looks", looks), ("blind", blind)):
        publish(definition(key, a={"kind": "state", "transitions": ways}))
    people("ada")
    seen, unseen = (start(k, by="ada", object_id=secret) for k in ("looks", "blind"))
    deny("guest", "ada", secret)
    fast_forward(hours=2)
    assert history(seen) == ["start", "timer"]
    assert history(unseen) == ["start", "late"]


def test_a_page_of_the_inbox_asks_once_for_all_documents(
    people, publish, upload, start, query_count
):
    publish(definition("review", a=task()))
    counts = []
    for more in (2, 6):
        for _ in range(more):
            start("review", object_id=upload())
        people("ada").get("/vault/inbox")
        with query_count() as asked:
            answer = people("ada").get("/vault/inbox")
        counts.append((len(asked), len(json.loads(answer.text)["items"])))
    assert counts[0][0] == counts[1][0]
    assert [items for _, items in counts] == [2, 8]
