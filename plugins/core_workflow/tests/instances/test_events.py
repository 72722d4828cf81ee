"""What happens to instances: events, timers, sub-workflows, migrations."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_workflow"),
    pytest.mark.placements,
]
END = {"kind": "end"}


def state(to, **more):
    return {"kind": "state", "to": to, **more}


def definition(key, start, **nodes):
    return {"key": key, "title": key, "start": start, "nodes": {**nodes, "z": END}}


def test_events_move_a_state_for_whom_and_when_they_may(
    people, publish, start, happen, refused
):
    ways = {
        "mine": {"to": "b", "allow": "actor.id == instance.creator"},
        "never": {"to": "b", "guard": "1 / 0 == 1"},
        "roles": {"to": "b", "roles": ["nobody"]},
        "right": {"to": "b", "permission": "workflow.design"},
    }
    publish(
        definition("e", "a", a={"kind": "state", "transitions": ways}, b=state("z"))
    )
    instance = start("e", by="ada")
    refused(happen(instance, "mine", by="bob"), 404)
    refused(happen(instance, "mine"), 403, "not for you")
    refused(happen(instance, "never"), 409, "does not hold")
    refused(happen(instance, "roles"), 403)
    refused(happen(instance, "right", by="ada"), 403, "workflow.design")
    refused(happen(instance, "next"), 409, "stands at a")
    refused(happen(instance, "unknown"), 400)
    assert happen(instance, "mine", by="ada", comment="So be it.").status_code == 200
    refused(happen(instance, "mine", by="ada"), 409)
    assert happen(instance, "next").json["outcome"] == "z"
    refused(happen(instance, "next"), 409, "ended")


def test_several_branches_that_wait_for_one_event_are_told_apart(
    people, publish, start, happen, refused
):
    each = {"kind": "each", "count": 2, "to": "a"}
    publish(definition("b", "s", s=each, a=state("z")))
    instance = start("b")
    refused(happen(instance, "next"), 409, "name a token")
    token = instance["tokens"][1]["id"]
    assert happen(instance, "next", token=token).status_code == 200
    assert happen(instance, "next").json["state"] == "ended"


def test_of_two_deciders_at_once_one_wins_and_one_gets_409(
    people, publish, start, inbox, history
):
    node = {"kind": "task", "assign": {"users": ["ada", "grace"]}}
    node["transitions"] = {"yes": {"to": "z"}, "no": {"to": "z"}}
    publish(definition("two", "a", a=node))
    for _ in range(5):
        instance = start("two")
        path = f"/vault/tasks/{inbox('ada')['a']['id']}/decide"
        barrier = threading.Barrier(2)

        def decide(who, way, path=path, barrier=barrier):
            client = people(who)
            barrier.wait()
            return client.post(path, json={"decision": way}).status_code

        with ThreadPoolExecutor(2) as pool:
            both = pool.map(decide, ("ada", "grace"), ("yes", "no"))
            assert sorted(both) == [200, 409]
        assert len(history(instance)) == 2


def test_votes_given_at_once_are_all_counted(people, publish, start, inbox, history):
    names = ["ada", "grace", "linus"]
    node = {"kind": "task", "assign": {"users": names}}
    node["quorum"] = {"need": 3, "yes": "yes", "no": "no"}
    node["transitions"] = {"yes": {"to": "z"}, "no": {"to": "z"}}
    publish(definition("all", "a", a=node))
    instance = start("all")
    path = f"/vault/tasks/{inbox('ada')['a']['id']}/decide"
    barrier = threading.Barrier(3)

    def vote(who):
        client = people(who)
        barrier.wait()
        return client.post(path, json={"decision": "yes"}).status_code

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(vote, names)) == [200, 200, 200]
    assert history(instance) == ["start", "vote", "vote", "vote", "yes"]


def test_a_timer_fires_once_and_not_after_its_token_has_moved(
    people, publish, start, happen, fast_forward, history, at
):
    ways = {"go": {"to": "z"}, "late": {"to": "b", "after": "2h"}}
    source = definition(
        "t", "a", a={"kind": "state", "transitions": ways}, b=state("z")
    )
    publish(source)
    slow, quick = start("t"), start("t")
    happen(quick, "go")
    assert fast_forward(hours=1) == [] or at(slow) == ["a"]
    fast_forward(hours=1, minutes=1)
    assert at(slow) == ["b"]
    fast_forward(hours=9)
    assert history(slow) == ["start", "late"]
    assert history(quick) == ["start", "go"]


def test_a_timer_that_is_refused_says_so_and_stops_no_other(
    people, publish, start, fast_forward, history
):
    ways = {"go": {"to": "z"}, "late": {"to": "z", "after": "1h", "guard": "1/0 == 1"}}
    publish(definition("r", "a", a={"kind": "state", "transitions": ways}))
    fine = {"go": {"to": "z"}, "late": {"to": "z", "after": "1h"}}
    publish(definition("f", "a", a={"kind": "state", "transitions": fine}))
    first, second = start("r"), start("f")
    fast_forward(hours=2)
    assert history(first) == ["start", "timer"]
    assert history(second) == ["start", "late"]


def test_a_timer_that_fails_is_tried_again_then_shown_and_helped(
    people, publish, start, fast_forward, history, refused
):
    late = {"to": "z", "after": "1h", "guard": "data.open == true"}
    ways = {"go": {"to": "z"}, "late": late}
    data = {"properties": {"open": {"type": "boolean"}}}
    ask = {
        "kind": "task",
        "assign": {"users": ["ada"]},
        "form": data,
        "transitions": {"next": {"to": "b"}},
    }
    both = {"kind": "split", "transitions": {"x": {"to": "a"}, "y": {"to": "ask"}}}
    source = definition(
        "s", "both", both=both, a={"kind": "state", "transitions": ways}, ask=ask,
        b=state("z"),
    )  # fmt: skip
    publish(source | {"data": data})
    instance = start("s", by="ada")
    path = f"/vault/workflow/instances/{instance['id']}"
    ada, listed = people("ada"), "/vault/workflow/instances?stuck=true"
    refused(ada.post(f"{path}/retry", json={}), 409, "Nothing in it is stuck")
    for _ in range(7):
        fast_forward(days=2)
        assert ada.get(listed).json["items"] == []
    fast_forward(days=2)
    begun = ["start", "x", "y", "timer"]
    assert history(instance) == [*begun, "stuck"]
    (one,) = ada.get(listed).json["items"]
    assert one["id"] == instance["id"]
    assert ada.get("/vault/workflow/instances?stuck=false").json["items"] == []
    (stuck,) = ada.get(path).json["stuck"]
    assert (stuck["node"], stuck["name"], stuck["attempts"]) == ("a", "late", 8)
    assert "does not hold" in stuck["problem"]
    assert "retry" in stuck["advice"]
    fast_forward(days=9)
    assert history(instance) == [*begun, "stuck"], "nobody tries it any more"
    (task,) = ada.get("/vault/inbox").json["items"]
    sent = {"decision": "next", "data": {"open": True}}
    assert ada.post(f"/vault/tasks/{task['id']}/decide", json=sent).status_code == 200
    refused(people("eve").post(f"{path}/retry", json={}), 404)
    assert ada.post(f"{path}/retry", json={"comment": "Mended."}).status_code == 200
    fast_forward()
    assert history(instance) == [*begun, "stuck", "next", "retry", "late"]
    assert ada.get(path).json["stuck"] == []


def test_timers_set_later_for_earlier_are_not_forgotten(
    people, publish, start, fast_forward, at
):
    for key, after in (("week", "1w"), ("hour", "1h"), ("day", "1d")):
        ways = {"go": {"to": "z"}, "late": {"to": "z", "after": after}}
        publish(definition(key, "a", a={"kind": "state", "transitions": ways}))
    week, hour, day = start("week"), start("hour"), start("day")
    ended = []
    for hours in (0, 2, 24, 24 * 7):
        fast_forward(hours=hours)
        ended.append([at(one) == "z" for one in (week, hour, day)])
    assert ended[0] == [False, False, False]
    assert ended[1] == [False, True, False]
    assert ended[2] == [False, True, True], "the job of the hour sets the day's"
    assert ended[3] == [True, True, True]


def test_a_sub_workflow_runs_inside_and_its_end_leads_on(
    people, publish, start, inbox, decide, happen, history, at
):
    task = {"kind": "task", "assign": {"users": ["ada"]}, "to": "z"}
    data = {"properties": {"n": {"type": "integer"}}}
    publish(definition("inner", "a", a=task) | {"data": data})
    sub = {"kind": "sub", "definition": "inner", "with": {"n": 3}, "store": "found"}
    publish(definition("outer", "s", s={**sub, "to": "b"}, b=state("z")))
    instance = start("outer")
    assert at(instance) == ["s"]
    decide("ada", "a", "next")
    assert at(instance) == ["b"]
    shown = people("admin").get(f"/vault/workflow/instances/{instance['id']}").json
    assert shown["data"] == {"found": {"outcome": "z", "data": {"n": 3}}}
    other = start("outer")
    path = f"/vault/workflow/instances/{other['id']}"
    children = people("admin").get(f"/vault/workflow/instances?parent_id={other['id']}")
    (child,) = children.json["items"]
    assert people("admin").post(f"{path}/cancel", json={}).json["state"] == "cancelled"
    assert inbox("ada") == {}
    ended = people("admin").get(f"/vault/workflow/instances/{child['id']}").json
    assert ended["state"] == "cancelled"


def test_recursion_is_refused_by_name_at_publishing(people, publish, refused):
    def sub(key, of):
        node = {"kind": "sub", "definition": of, "to": "z"}
        return definition(key, "s", s=node)

    publish(definition("two", "a", a=state("z")))
    publish(sub("one", "two"))
    admin = people("admin")
    made = admin.post("/vault/workflow/definitions", json=sub("two", "one")).json
    path = f"/vault/workflow/definitions/{made['id']}"
    problem = refused(admin.post(f"{path}/publish"), 422, "Recursion (pattern 22)")
    assert "nodes.s.definition" in problem["errors"]
    assert problem["code"] == "unsound"


def test_items_are_added_while_others_are_worked_on(people, publish, start, happen, at):
    each = {"kind": "each", "count": 1, "add": True, "join": "j", "to": "a"}
    join = {"kind": "join", "to": "b"}
    publish(definition("m", "e", e=each, a=state("j"), j=join, b=state("z")))
    instance = start("m", by="ada")
    path = f"/vault/workflow/instances/{instance['id']}/items"
    sent = {"node": "e", "items": ["x", {"y": 1}]}
    assert people("ada").post(path, json=sent).status_code == 200
    assert at(instance) == ["a", "a", "a"]
    for token in people("ada").get(path.removesuffix("/items")).json["tokens"]:
        assert happen(instance, "next", token=token["id"]).status_code == 200
    assert at(instance) == ["b"]
    assert people("ada").post(path, json=sent).status_code == 409


def test_running_instances_move_to_a_new_version_by_a_map(
    people, publish, start, happen, history, fast_forward, refused, at
):
    admin = people("admin")
    ways = {"next": {"to": "z"}, "late": {"to": "z", "after": "1d"}}
    task = {"kind": "task", "assign": {"users": ["ada"]}, "to": "a"}
    old = definition("v", "t", t=task, a={"kind": "state", "transitions": ways})
    publish(old)
    first, second = start("v"), start("v")
    (one, two) = people("ada").get("/vault/inbox").json["items"]
    mine = one if one["instance_id"] == first["id"] else two
    decided = people("ada").post(
        f"/vault/tasks/{mine['id']}/decide", json={"decision": "next"}
    )
    assert decided.status_code == 200
    new = definition("v", "t2", t2={**task, "to": "b"}, b=state("z"))
    draft = admin.post("/vault/workflow/definitions", json=new).json
    path = f"/vault/workflow/definitions/{draft['id']}"
    report = admin.get(f"{path}/check").json
    assert (report["running"], len(report["differing"])) == (2, 2)
    refused(admin.post(f"{path}/migration", json={}), 409, "publish it first")
    assert admin.post(f"{path}/publish").status_code == 200
    assert at(first) == ["a"]
    refused(admin.post(f"{path}/migration", json={}), 409, "2 instances cannot")
    nodes = {"nodes": {"a": "b", "t": "t2"}}
    dry = admin.post(f"{path}/migration", json={**nodes, "dry_run": True}).json
    assert (dry["done"], [m["problems"] for m in dry["moves"]]) == (False, [{}, {}])
    assert at(first) == ["a"]
    done = admin.post(f"{path}/migration", json=nodes)
    assert done.json["done"] is True
    assert (at(first), at(second)) == (["b"], ["t2"])
    assert history(first)[-1] == "migrate"
    fast_forward(days=2)
    assert at(first) == ["b"], "its old timer is gone"
    (left,) = people("ada").get("/vault/inbox").json["items"]
    people("ada").post(f"/vault/tasks/{left['id']}/decide", json={"decision": "next"})
    assert at(second) == ["b"]
    assert admin.post(f"{path}/migration", json=nodes).json["moves"] == []


def test_instances_are_seen_by_who_has_a_part_in_them(
    people, publish, start, decide, refused
):
    task = {"kind": "task", "assign": {"users": ["ada"]}, "to": "b"}
    publish(definition("p", "a", a=task, b=state("z")))
    instance = start("p", by="grace")
    path = f"/vault/workflow/instances/{instance['id']}"
    for name, status in (("grace", 200), ("ada", 200), ("eve", 404), ("admin", 200)):
        assert people(name).get(path).status_code == status
        listed = people(name).get("/vault/workflow/instances").json["items"]
        assert (instance["id"] in [one["id"] for one in listed]) == (status == 200)
    refused(people("eve").get(f"{path}/history"), 404)
    refused(people("ada").post(f"{path}/cancel", json={}), 403)
    decide("ada", "a", "next")
    assert people("ada").get(path).status_code == 200
