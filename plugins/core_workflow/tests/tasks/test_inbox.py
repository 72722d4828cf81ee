"""The inbox: whose tasks are whose, and what becomes of them."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_workflow"),
    pytest.mark.placements,
]
END = {"kind": "end"}


def task(*users, **more):
    return {"kind": "task", "assign": {"users": list(users)}, "to": "z", **more}


def definition(key, **node):
    return {
        "key": key,
        "title": key,
        "start": "a",
        "nodes": {"a": node, "z": END},
    }


@pytest.fixture
def shared(publish):
    """A task for ada or grace."""
    publish(definition("shared", **task("ada", "grace")))


def test_a_task_is_claimed_released_and_reassigned(
    people, id_of, shared, start, inbox, refused
):
    start("shared")
    path = f"/vault/tasks/{inbox('ada')['a']['id']}"
    ada, grace, admin = people("ada"), people("grace"), people("admin")
    refused(ada.post(f"{path}/release"), 409, "Nobody")
    refused(people("eve").post(f"{path}/claim"), 404)
    assert ada.post(f"{path}/claim").json["assignee"] == id_of("ada")
    refused(grace.post(f"{path}/claim"), 409, "Somebody else")
    refused(grace.post(f"{path}/release"), 403)
    assert ada.post(f"{path}/release").json["assignee"] is None
    assert inbox("grace").keys() == {"a"}
    grace.post(f"{path}/claim")
    eve = {"user_id": id_of("eve")}
    refused(ada.post(f"{path}/reassign", json=eve), 403)
    nobody = {"user_id": "01900000-0000-7000-8000-000000000000"}
    refused(admin.post(f"{path}/reassign", json=nobody), 400)
    assert admin.post(f"{path}/reassign", json=eve).status_code == 200
    assert (inbox("eve").keys(), inbox("grace"), inbox("ada")) == ({"a"}, {}, {})
    refused(grace.post(f"{path}/decide", json={"decision": "next"}), 403)
    done = people("eve").post(f"{path}/decide", json={"decision": "next"})
    assert (done.json["state"], done.json["ended_by"]) == ("done", id_of("eve"))
    refused(people("eve").post(f"{path}/decide", json={"decision": "next"}), 409)
    refused(admin.post(f"{path}/claim"), 409)


def test_a_decision_that_is_none_is_refused(people, publish, start, inbox, refused):
    form = {
        "type": "object",
        "properties": {"amount": {"type": "integer", "maximum": 10}},
        "required": ["amount"],
    }
    publish(definition("form", **task("ada", form=form)) | {"data": form})
    refused(
        people("admin").post(
            "/vault/workflow/instances", json={"definition": "form", "data": {}}
        ),
        400,
        "form",
    )
    instance = start("form", data={"amount": 1})
    path = f"/vault/tasks/{inbox('ada')['a']['id']}/decide"
    ada = people("ada")
    refused(ada.post(path, json={"decision": "maybe"}), 400, "Decide for one of next")
    wrong = {"decision": "next", "data": {"amount": 11}}
    problem = refused(ada.post(path, json=wrong), 400)
    assert "data.amount" in problem["errors"]
    refused(ada.post(path, json={"decision": "next"}), 400)
    right = {"decision": "next", "data": {"amount": 9}}
    assert ada.post(path, json=right).status_code == 200
    shown = people("admin").get(f"/vault/workflow/instances/{instance['id']}").json
    assert shown["data"] == {"amount": 9}


def test_the_most_urgent_comes_first_page_by_page(people, publish, start, pass_time):
    publish(definition("soon", **task("ada", "grace", due="1h")))
    publish(definition("late", **task("ada", "grace", due="2d")))
    publish(definition("never", **task("ada", "grace")))
    for key in ("never", "late", "soon", "late", "never", "soon"):
        start(key)
    found, path = [], "/vault/inbox?limit=2"
    while path:
        page = people("ada").get(path).json
        found += [t["key"] for t in page["items"]]
        path = page["next"] and f"/vault/inbox?limit=2&cursor={page['next']}"
    assert found == ["soon", "soon", "late", "late", "never", "never"]
    assert people("ada").get("/vault/inbox?overdue=true").json["items"] == []
    assert people("ada").get("/vault/inbox?cursor=x").status_code == 400


def test_who_stands_in_sees_and_does_the_tasks_of_the_absent(
    people, id_of, publish, start, inbox, decide, history, refused
):
    publish(definition("own", **task("ada")))
    grace, ada = people("grace"), people("ada")
    instance = start("own")
    assert inbox("grace") == {}
    ends = {"to_user": id_of("grace"), "ends_at": "2099-01-01T00:00:00Z"}
    refused(grace.post("/vault/workflow/delegations", json=ends), 400, "themselves")
    theirs = {**ends, "from_user": id_of("admin")}
    refused(ada.post("/vault/workflow/delegations", json=theirs), 403)
    past = {**ends, "ends_at": "2020-01-01T00:00:00Z"}
    refused(ada.post("/vault/workflow/delegations", json=past), 400)
    later = {**ends, "begins_at": "2098-01-01T00:00:00Z"}
    assert ada.post("/vault/workflow/delegations", json=later).status_code == 201
    assert inbox("grace") == {}
    made = ada.post("/vault/workflow/delegations", json=ends)
    assert inbox("grace").keys() == {"a"}
    assert inbox("grace", "?show=mine").keys() == {"a"}
    assert inbox("grace", "?show=shared") == {}
    refused(grace.delete(f"/vault/workflow/delegations/{made.json['id']}"), 403)
    path = f"/vault/workflow/delegations/{made.json['id']}"
    refused(people("eve").delete(path), 404)
    decide("grace", "a", "next")
    path = f"/vault/workflow/instances/{instance['id']}/history"
    last = people("admin").get(path).json["items"][-1]
    assert (last["actor"], last["on_behalf_of"]) == (id_of("grace"), id_of("ada"))


def test_who_stands_in_does_the_tasks_of_roles_and_groups_of_the_absent(
    people, id_of, publish, start, inbox, decide, history, refused
):
    admin, boss = people("admin"), people("manager")
    group = admin.post("/vault/groups", json={"name": "legal"}).json["id"]
    put = admin.put(f"/vault/groups/{group}/users/{id_of('ada')}")
    assert put.status_code == 204, put.text
    for key, who in (
        ("role", {"roles": ["manager"]}),
        ("group", {"groups": [group]}),
    ):
        node = {"kind": "task", "assign": who}
        way = {"to": "z"} | ({"roles": ["manager"]} if key == "role" else {})
        publish(definition(key, **node, transitions={"next": way}))
    vote = {"kind": "task", "assign": {"roles": ["manager"]}}
    vote["quorum"] = {"need": 2, "of": 2, "yes": "yes", "no": "no"}
    vote["transitions"] = {"yes": {"to": "z"}, "no": {"to": "z"}}
    publish(definition("vote", **vote))
    first, second, third = (start(key) for key in ("role", "group", "vote"))
    assert inbox("grace") == {}
    away = {"to_user": id_of("grace"), "ends_at": "2099-01-01T00:00:00Z"}
    for one in (boss, people("ada")):
        made = one.post("/vault/workflow/delegations", json=away)
        assert made.status_code == 201, made.text
    items = people("grace").get("/vault/inbox?show=shared").json["items"]
    assert {one["key"]: one["instance_id"] for one in items} == {
        "role": first["id"], "group": second["id"], "vote": third["id"]
    }  # fmt: skip
    by_key = {one["key"]: f"/vault/tasks/{one['id']}/decide" for one in items}
    for key in ("role", "group"):
        done = people("grace").post(by_key[key], json={"decision": "next"})
        assert done.status_code == 200, done.text
    voted = people("grace").post(by_key["vote"], json={"decision": "yes"})
    assert voted.status_code == 200, voted.text
    again = boss.post(by_key["vote"], json={"decision": "yes"})
    refused(again, 409, "in your place")
    assert boss.get("/vault/inbox").json["items"] == []
    for instance, absent in ((first, "manager"), (second, "ada"), (third, "manager")):
        path = f"/vault/workflow/instances/{instance['id']}/history"
        last = admin.get(path).json["items"][-1]
        assert (last["actor"], last["on_behalf_of"]) == (id_of("grace"), id_of(absent))


def test_nobody_takes_the_part_of_who_holds_more(people, id_of, refused):
    """To make oneself the deputy of an owner would be to take the owner's tasks."""
    people("manager")
    sent = {"ends_at": "2099-01-01T00:00:00Z", "to_user": id_of("manager")}
    theirs = {**sent, "from_user": id_of("admin")}
    refused(people("manager").post("/vault/workflow/delegations", json=theirs), 403)
    less = {**sent, "from_user": id_of("ada")}
    made = people("manager").post("/vault/workflow/delegations", json=less)
    assert made.status_code == 201, made.text


def test_one_who_stands_in_does_not_do_what_the_absent_may_not(
    people, id_of, publish, start, inbox, refused
):
    ways = {"yes": {"to": "z", "allow": "actor.id != instance.creator"}}
    node = task("ada", transitions=ways)
    del node["to"]
    publish(definition("four-eyes", **node))
    people("grace")
    start("four-eyes", by="ada")
    ends = {"to_user": id_of("grace"), "ends_at": "2099-01-01T00:00:00Z"}
    people("ada").post("/vault/workflow/delegations", json=ends)
    path = f"/vault/tasks/{inbox('grace')['a']['id']}/decide"
    for name in ("ada", "grace"):
        refused(people(name).post(path, json={"decision": "yes"}), 403)


def test_a_quorum_that_cannot_be_met_any_more_ends_early(
    people, publish, start, decide, inbox, refused
):
    node = task("ada", "grace", "linus")
    del node["to"]
    node["quorum"] = {"need": 2, "yes": "yes", "no": "no"}
    node["transitions"] = {"yes": {"to": "z"}, "no": {"to": "n"}}
    source = definition("vote", **node)
    source["nodes"]["n"] = END
    publish(source)
    instance = start("vote")
    path = f"/vault/tasks/{inbox('ada')['a']['id']}"
    decide("ada", "a", "no", comment="Too dear.")
    again = people("ada").post(f"{path}/decide", json={"decision": "yes"})
    refused(again, 409, "voted already")
    refused(people("grace").post(f"{path}/claim"), 409, "votes")
    (vote,) = people("grace").get(path).json["votes"]
    assert (vote["way"], vote["comment"]) == ("no", "Too dear.")
    decide("grace", "a", "no")
    assert inbox("linus") == {}
    shown = people("admin").get(f"/vault/workflow/instances/{instance['id']}").json
    assert (shown["state"], shown["outcome"]) == ("ended", "n")


def test_turns_are_taken_and_who_is_away_is_passed_over(
    people, id_of, publish, start, inbox
):
    node = task("ada", "grace", "linus")
    node["assign"]["round_robin"] = True
    publish(definition("turns", **node))
    for _ in range(6):
        start("turns")
    names = ("ada", "grace", "linus")
    counts = [len(people(name).get("/vault/inbox").json["items"]) for name in names]
    assert counts == [2, 2, 2]
    ends = {"to_user": id_of("eve"), "ends_at": "2099-01-01T00:00:00Z"}
    people("grace").post("/vault/workflow/delegations", json=ends)
    for _ in range(4):
        start("turns")
    counts = [len(people(name).get("/vault/inbox").json["items"]) for name in names]
    assert counts == [4, 2, 4]


def test_an_expression_says_who(people, id_of, publish, start, inbox, refused):
    people("ada")
    data = {"type": "object", "properties": {"who": {"type": "string"}},
            "required": ["who"]}  # fmt: skip
    node = {"kind": "task", "assign": {"expression": "data.who"}, "to": "z"}
    publish(definition("who", **node) | {"data": data})
    start("who", data={"who": "ada"})
    start("who", data={"who": id_of("ada")})
    assert len(people("ada").get("/vault/inbox").json["items"]) == 2
    sent = {"definition": "who", "data": {"who": "nobody at all"}}
    answer = people("admin").post("/vault/workflow/instances", json=sent)
    refused(answer, 409, "Nobody is there")
    assert len(people("admin").get("/vault/workflow/instances").json["items"]) == 2


def test_many_are_decided_at_once_each_by_itself(
    people, shared, start, inbox, query_count
):
    for _ in range(3):
        start("shared")
    ada = people("ada")
    ids = [t["id"] for t in ada.get("/vault/inbox").json["items"]]
    people("grace").post(f"/vault/tasks/{ids[1]}/claim")
    sent = {"decisions": [{"task_id": id, "decision": "next"} for id in ids]}
    results = ada.post("/vault/inbox/decide", json=sent).json["results"]
    assert [r["decided"] for r in results] == [True, False, True]
    assert "not for you" in results[1]["problem"]
    assert ada.get("/vault/inbox").json["items"] == []
    assert len(people("grace").get("/vault/inbox").json["items"]) == 1


def test_a_page_costs_the_same_however_long_the_inbox(
    people, shared, start, query_count
):
    counts = []
    for more in (2, 8):
        for _ in range(more):
            start("shared")
        with query_count() as asked:
            people("ada").get("/vault/inbox")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_figures_tell_how_many_were_late(
    people, publish, start, decide, pass_time, fast_forward, refused
):
    made = publish(definition("figures", **task("ada", due="1h")))
    for _ in range(3):
        start("figures")
    decide("ada", "a", "next")
    decide("ada", "a", "next")
    path = f"/vault/workflow/definitions/{made['id']}/figures"
    refused(people("ada").get(path), 403)
    (node,) = people("admin").get(path).json["nodes"]
    assert (node["node"], node["done"], node["late"]) == ("a", 2, 0)
    assert node["on_time"] == 1
    assert 0 <= node["median"] <= node["p90"] < 3600
