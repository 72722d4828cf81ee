"""Definitions over HTTP: drafted, checked, published, exported, drawn."""

import json
import time

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_workflow"),
    pytest.mark.placements,
]
SOURCE = {
    "key": "order",
    "title": "Order <of & goods>",
    "start": "a",
    "nodes": {
        "a": {
            "kind": "task",
            "assign": {"roles": ["manager"]},
            "quorum": {"need": 2, "yes": "yes", "no": "no", "of": 3},
            "transitions": {"yes": {"to": "z"}, "no": {"to": "z"}},
        },
        "z": {"kind": "end"},
    },
}
LIST = "/vault/workflow/definitions"


def changed(**more):
    return {**SOURCE, **more}


def test_a_version_never_changes_once_it_is_published(people, refused):
    owner = people("owner")
    made = owner.post(LIST, json=SOURCE)
    path, tag = made.headers["Location"], made.headers["ETag"]
    assert (made.json["version"], made.json["state"]) == (1, "draft")
    again = owner.post(LIST, json=changed(title="Again"))
    assert (again.json["id"], again.json["version"]) == (made.json["id"], 1)
    refused(owner.put(path, json=SOURCE, headers={"If-Match": tag}), 412)
    refused(owner.put(path, json=SOURCE), 428)
    other = changed(key="other")
    refused(owner.put(path, json=other, headers={"If-Match": "*"}), 400, "key stays")
    assert owner.put(path, json=SOURCE, headers={"If-Match": "*"}).status_code == 200
    published = owner.post(f"{path}/publish")
    assert published.json["state"] == "published"
    refused(owner.post(f"{path}/publish"), 409, "never changes")
    refused(owner.put(path, json=SOURCE, headers={"If-Match": "*"}), 409)
    refused(owner.delete(path, headers={"If-Match": "*"}), 409)
    second = owner.post(LIST, json=changed(title="Better"))
    assert second.json["version"] == 2
    gone = owner.post(LIST, json=changed(key="gone")).headers["Location"]
    assert owner.delete(gone, headers={"If-Match": "*"}).status_code == 204
    assert owner.post(f"{LIST}/{second.json['id']}/publish").status_code == 200
    listed = owner.get(f"{LIST}?key=order&sort=created_at").json["items"]
    states = [version["state"] for version in listed]
    assert states == ["retired", "published"]
    assert owner.get(path).json["source"] == SOURCE


def test_who_may_not_design_may_look_and_start(people, publish, refused):
    made = publish(SOURCE, by="owner")
    for name in ("ada", "manager"):
        refused(people(name).post(LIST, json=SOURCE), 403, "workflow.design")
        refused(people(name).post(f"{LIST}/{made['id']}/publish"), 403)
        assert people(name).get(f"{LIST}/{made['id']}").status_code == 200


def test_what_is_exported_can_be_imported_as_json_and_as_yaml(people, refused):
    owner = people("owner")
    path = owner.post(LIST, json=SOURCE).headers["Location"]
    for form in ("json", "yaml"):
        file = owner.get(f"{path}/source?format={form}")
        assert file.headers["Content-Disposition"].endswith(f'"order-1.{form}"')
        assert file.mimetype == f"application/{form}"
        back = owner.post(LIST, data=file.data, content_type=file.mimetype)
        assert (back.status_code, back.json["source"]) == (201, SOURCE)
    refused(owner.get(f"{path}/source?format=xml"), 400)
    yaml = b"key: &k a\ntitle: *k"
    answer = owner.post(LIST, data=yaml, content_type="application/yaml")
    refused(answer, 400, "anchors and aliases")


def test_a_drawing_is_svg_in_which_nothing_runs(people):
    path = people("owner").post(LIST, json=SOURCE).headers["Location"]
    drawn = people("ada").get(f"{path}/drawing")
    assert drawn.mimetype == "image/svg+xml"
    assert "Order &lt;of &amp; goods&gt;" in drawn.text
    assert "2 votes" in drawn.text
    assert "<script" not in drawn.text


def deep(levels):
    text = '{"key":"x","title":"x","start":"a","nodes":{"a":{"kind":"end"}},"data":'
    return text + '{"not":' * levels + "{}" + "}" * levels + "}"


def many(nodes):
    found = {f"n{n}": {"kind": "state", "to": f"n{n + 1}"} for n in range(nodes)}
    found[f"n{nodes}"] = {"kind": "end"}
    return json.dumps({"key": "x", "title": "x", "start": "n0", "nodes": found})


def guarded(guard):
    ways = {"t": {"to": "z", "guard": guard}}
    nodes = {"a": {"kind": "state", "transitions": ways}, "z": {"kind": "end"}}
    return json.dumps({"key": "x", "title": "x", "start": "a", "nodes": nodes})


def patterned(pattern):
    form = {"properties": {"a": {"type": "string", "pattern": pattern}}}
    return json.dumps(
        {"key": "x", "title": "x", "start": "a", "data": form,
         "nodes": {"a": {"kind": "end"}}}
    )  # fmt: skip


HOSTILE = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "a number": "1",
    "NUL": '{"key": "x\\u0000"}',
    "a deep form": deep(5000),
    "many nodes": many(500),
    "a huge text": json.dumps({"key": "x" * 300_000}),
    "a huge number": '{"key": "x", "title": "x", "nodes": {}, "start": ' + "9" * 5000,
    "a deep guard": guarded("(" * 400 + "true" + ")" * 400),
    "a long guard": guarded("true" + " && true" * 1000),
    "a doubling guard": guarded("['x']" + ".map(a, a + a)" * 30 + ".size() > 0"),
    "a pattern that looks back": patterned("(a)\\1"),
    "a pattern of patterns": patterned("((a{1000}){1000}){1000}"),
    "a reference to elsewhere": json.dumps(
        {"key": "x", "title": "x", "start": "a", "nodes": {"a": {"kind": "end"}},
         "data": {"$ref": "http://127.0.0.1:1/x"}}
    ),
}  # fmt: skip


def test_hostile_definitions_are_refused_or_unsound_and_soon(people):
    owner, began = people("owner"), time.process_time()
    for name, text in HOSTILE.items():
        answer = owner.post(LIST, data=text, content_type="application/json")
        if answer.status_code == 201:
            path = answer.headers["Location"]
            report = owner.get(f"{path}/check")
            assert report.status_code == 200, (name, report.text)
            assert report.json["sound"] is False, name
            assert owner.post(f"{path}/publish").status_code == 422, name
        else:
            assert answer.status_code in (400, 413), (name, answer.text)
            assert answer.json["detail"]
    # Hours without bounds: it is told apart at any speed of the machine.
    assert time.process_time() - began < 60


def test_a_pattern_is_matched_in_linear_time(people, publish, start, refused):
    data = {"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    nodes = {"a": {"kind": "state", "to": "z"}, "z": {"kind": "end"}}
    publish(
        {"key": "p", "title": "p", "start": "a", "data": data, "nodes": nodes},
        by="owner",
    )
    began = time.process_time()
    sent = {"definition": "p", "data": {"a": "a" * 30_000 + "b"}}
    refused(people("owner").post("/vault/workflow/instances", json=sent), 400)
    sent["data"]["a"] = "a" * 70_000
    refused(
        people("owner").post("/vault/workflow/instances", json=sent), 400, "At most"
    )
    assert time.process_time() - began < 30


def test_the_newest_version_is_the_one_in_use(people):
    owner = people("owner")
    paths = []
    for title in ("one", "two"):
        made = owner.post(LIST, json=changed(title=title))
        paths.append(made.headers["Location"])
        assert owner.post(f"{paths[-1]}/publish").status_code == 200
    listed = owner.get(f"{LIST}?key=order&state=published").json["items"]
    assert [one["title"] for one in listed] == ["two"]


def test_tenants_do_not_see_each_others_workflows(two_tenants, client_as, refused):
    acme, umbra = (client_as("owner", tenant) for tenant in two_tenants)
    path = acme.post(LIST, json=SOURCE).headers["Location"]
    acme.post(f"{path}/publish")
    refused(umbra.get(path), 404)
    sent = {"definition": "order"}
    refused(umbra.post("/vault/workflow/instances", json=sent), 404)
    made = acme.post("/vault/workflow/instances", json=sent)
    assert made.status_code == 201, made.text
    refused(umbra.get(made.headers["Location"]), 404)
    task = client_as("manager", two_tenants[0]).get("/vault/inbox").json["items"][0]
    stranger = client_as("manager", two_tenants[1])
    assert stranger.get("/vault/inbox").json["items"] == []
    vote = {"decision": "yes"}
    refused(stranger.post(f"/vault/tasks/{task['id']}/decide", json=vote), 404)
