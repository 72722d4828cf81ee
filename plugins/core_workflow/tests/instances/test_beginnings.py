"""Definitions that begin by themselves, by what other plugins tell."""

from uuid import uuid4

import pytest

from archivolt_core_workflow.running.beginning import MOST_IN_A_ROW
from archivolt_host.kit import hooks

pytestmark = [
    pytest.mark.plugins(
        "core_identity", "core_permissions", "core_documents", "core_workflow", "meter"
    ),
    pytest.mark.placements,
]
END = {"kind": "end"}
METER = """
from uuid import UUID

from archivolt_hookspecs.markers import tells


@tells
def meter_read(meter_id: UUID, value: int, unit: str) -> None:
    \"\"\"React to a meter that was read.\"\"\"
"""


@pytest.fixture(autouse=True)
def meter(make_plugin):
    """A stranger's plugin, of which workflows have never heard."""
    make_plugin("meter", hookspecs=METER)


@pytest.fixture
def read_meter(in_tenant, tenant):
    """Have the stranger tell its news, in nobody's name."""

    def tell(value):
        with in_tenant(tenant):
            hooks.tell("meter_read", meter_id=uuid4(), value=value, unit="kWh")

    return tell


def filed(**begins):
    """Return a definition whose effect is a document's metadata."""
    return {
        "key": "file",
        "title": "File it",
        "object": "document",
        "begins": [{"on": "document_created", "object": "document_id", **begins}],
        "start": "mark",
        "nodes": {
            "mark": {
                "kind": "call",
                "call": "set_document_metadata",
                "with": {"document_id": "=object.id", "metadata": {"filed": "yes"}},
                "to": "z",
            },
            "z": END,
        },
    }


def waiting(key, *begins, **more):
    """Return a definition whose instances wait."""
    if begins:
        more = {"begins": list(begins), **more}
    return {
        "key": key,
        "title": key,
        "start": "a",
        "nodes": {"a": {"kind": "state", "to": "z"}, "z": END},
        **more,
    }


@pytest.fixture
def begun(people):
    """Return the instances of a definition, oldest first."""

    def look(key, by="admin"):
        path = f"/vault/workflow/instances?key={key}&sort=created_at&limit=200"
        return people(by).get(path).json["items"]

    return look


def metadata(people, id):
    return people("admin").get(f"/vault/documents/{id}").json["metadata"]


def test_a_document_begins_what_files_it_and_the_history_says_so(
    people, id_of, publish, upload, begun, run_jobs
):
    publish(filed())
    id = upload(by="ada")
    run_jobs()
    [instance] = begun("file")
    assert (instance["state"], instance["object_id"]) == ("ended", id)
    assert instance["created_by"] == id_of("ada")
    assert instance["news"] == "document_created"
    assert metadata(people, id)["filed"] == "yes"
    path = f"/vault/workflow/instances/{instance['id']}/history"
    first, *others = people("ada").get(path).json["items"]
    position = instance["news_position"]
    assert first["comment"] == f"By itself: document_created, news {position}."
    assert {line["comment"] for line in others} == {None}
    run_jobs()
    assert len(begun("file")) == 1


def test_a_guard_says_by_which_news_and_data_come_from_it(
    people, publish, begun, run_jobs
):
    publish(
        waiting(
            "thanks",
            {
                "on": "request_decided",
                "guard": "news.status == 'APPROVED' && 'manager' in actor.roles",
                "data": {"who": "=news.creator", "why": "approved"},
            },
            {"on": "request_decided", "guard": "1 / 0 == 1"},
            data={
                "properties": {"who": {"type": "string"}, "why": {"type": "string"}},
                "required": ["who", "why"],
            },
        )
    )
    ada = people("ada")
    for decision in ("reject", "approve"):
        id = ada.post("/vault/requests", json={"title": decision}).json["id"]
        ada.post(f"/vault/requests/{id}/submit")
        assert people("manager").post(f"/vault/requests/{id}/{decision}").json
    run_jobs()
    [instance] = begun("thanks")
    shown = people("admin").get(f"/vault/workflow/instances/{instance['id']}").json
    assert shown["data"] == {"who": ada.get("/vault/me").json["id"], "why": "approved"}


METERED = {"on": "meter_read", "guard": "news.value > 5", "data": {"n": "=news.value"}}
NUMBER = {"properties": {"n": {"type": "integer"}}, "required": ["n"]}


def test_what_a_strangers_plugin_tells_in_nobodys_name_begins_in_the_publishers(
    people, id_of, publish, begun, read_meter, run_jobs
):
    read_meter(7)  # before anything begins by it
    run_jobs()
    publish(waiting("power", METERED, data=NUMBER), by="owner")
    for value in (4, 6, 8):
        read_meter(value)
    run_jobs()
    found = begun("power")
    assert [one["created_by"] for one in found] == [id_of("owner")] * 2
    assert [one["news"] for one in found] == ["meter_read"] * 2
    publish(waiting("power", {**METERED, "guard": "news.value > 100"}, data=NUMBER))
    read_meter(50)
    run_jobs()
    assert len(begun("power")) == 2, "the version in use says by what"
    publish(waiting("power"))
    read_meter(500)
    run_jobs()
    assert len(begun("power")) == 2


WRONG = [
    ("on", "No plugin here tells", {"on": "meter_burnt"}, "none"),
    ("on", "No plugin here tells", {"on": "any_news"}, "none"),
    ("on", "No plugin here tells", {"on": "document_saved"}, "none"),
    ("guard", "valeu", {"guard": "news.valeu > 1"}, "none"),
    ("guard", "no matching overload", {"guard": "news.unit > 1"}, "none"),
    ("guard", "instance", {"guard": "instance.id == ''"}, "none"),
    ("data.n", "vaule", {"data": {"n": "=news.vaule"}}, "none"),
    ("object", "about nothing", {"object": "meter_id"}, "none"),
    ("object", "one of meter_id", {}, "document"),
    ("object", "one of meter_id", {"object": "value"}, "document"),
]


def test_what_could_never_begin_is_not_published(people):
    admin = people("admin")
    for place, words, begins, about in WRONG:
        source = waiting("wrong", {"on": "meter_read", **begins}, object=about)
        id = admin.post("/vault/workflow/definitions", json=source).json["id"]
        path = f"/vault/workflow/definitions/{id}"
        found = admin.get(f"{path}/check").json["problems"]
        refused = admin.post(f"{path}/publish")
        assert refused.status_code == 422, begins
        assert words in found[f"begins.0.{place}"][0]
        errors = refused.json.get("errors") or found
        assert words in errors[f"begins.0.{place}"][0]


def test_circles_end_and_say_why(people, publish, begun, run_jobs, start):
    mad = waiting("mad", {"on": "workflow_ended"}, start="z")
    mad["nodes"] = {"z": END}
    publish(mad)
    start("mad")
    ran = run_jobs()
    assert len(begun("mad")) == 1 + MOST_IN_A_ROW
    results = [job.result for job in ran if job.name.endswith("begin_by_news")]
    assert sum(r.startswith("Not begun: 8 pieces of news") for r in results) == 1


@pytest.mark.slow
def test_circles_that_wait_for_time_end_as_well(
    people, publish, begun, fast_forward, start
):
    timed = {"kind": "state"}
    timed["transitions"] = {"on": {"to": "z"}, "late": {"to": "z", "after": "1h"}}
    slow = waiting("slow", {"on": "workflow_ended"}, nodes={"a": timed, "z": END})
    publish(slow)
    start("slow")
    for _ in range(MOST_IN_A_ROW + 4):
        fast_forward(hours=2)
        fast_forward()
    assert len(begun("slow")) == 1 + MOST_IN_A_ROW


def test_one_that_cannot_begin_is_seen_and_stops_no_other(
    people, publish, begun, read_meter, run_jobs
):
    lost = waiting("lost", METERED, data=NUMBER)
    lost["nodes"]["a"] = {"kind": "task", "to": "z"}
    lost["nodes"]["a"]["assign"] = {"expression": "'nobody'"}
    publish(lost)
    publish(waiting("power", METERED, data=NUMBER))
    read_meter(9)
    jobs = run_jobs()
    assert (len(begun("lost")), len(begun("power"))) == (0, 1)
    problems = [job.problem for job in jobs if job.problem]
    assert ["Nobody is there to do 'a'" in problem for problem in problems] == [True]


def test_what_is_gone_when_it_is_heard_begins_nothing(
    people, publish, upload, begun, run_jobs
):
    publish(filed())
    id = upload(by="ada")
    gone = people("admin").delete(f"/vault/documents/{id}", headers={"If-Match": "*"})
    assert gone.status_code == 204
    ran = run_jobs()
    assert begun("file") == []
    assert not [job for job in ran if job.name.endswith("begin_by_news")]


def test_nothing_begins_where_the_plugin_is_off(
    people, publish, begun, upload, run_jobs
):
    publish(filed())
    admin = people("admin")
    for enabled in (False, True):
        switched = admin.put(
            "/vault/plugins/core_workflow",
            json={"enabled": enabled},
            headers={"If-Match": "*"},
        )
        assert switched.status_code == 200, switched.text
        id = upload()
        run_jobs()
        assert ("filed" in metadata(people, id)) == enabled
    assert len(begun("file")) == 1


@pytest.mark.slow
def test_a_kill_anywhere_between_the_news_and_the_instance_loses_and_doubles_nothing(
    people, publish, begun, read_meter, run_jobs, kill_points, tenant
):
    publish(waiting("power", METERED, data=NUMBER))
    told = []

    def tell():
        read_meter(9)
        told.append(9)

    def check():
        assert len(begun("power")) == len(told)

    points = kill_points(lambda: run_jobs(tenant), check, prepare=tell)
    assert points >= 6
