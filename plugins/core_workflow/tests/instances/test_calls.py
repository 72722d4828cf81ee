"""Steps that call actions: outside, inside, refused."""

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_workflow", "outside"),
    pytest.mark.placements,
]
END = {"kind": "end"}
OUTSIDE = """
from archivolt_hookspecs import hookimpl
from marshmallow import fields, validate
from archivolt_hookspecs.registration import Action
from archivolt_host.kit.api import BaseSchema
from archivolt_host.kit.errors import RefusedError

SENT = []


class WordSchema(BaseSchema):
    what = fields.String(required=True, validate=validate.Length(1, 5))


def send(what):
    SENT.append(what)
    if what == "wrong":
        raise RefusedError("The other side said no.")
    return {"receipt": len(SENT)}


class Plugin:
    @hookimpl
    def register_actions(self):
        return [
            Action("outside", send, ("what",), kind="external", offered=True),
            Action("inside", send, ("what",), offered=True),
            Action("hidden", send, ("what",)),
            Action("guarded", send, ("what",), "workflow.design", offered=True),
            Action("strict", send, offered=True, schema=WordSchema),
        ]
"""


def state(to, **more):
    return {"kind": "state", "to": to, **more}


def definition(key, start, **nodes):
    return {"key": key, "title": key, "start": start, "nodes": {**nodes, "z": END}}


@pytest.fixture(autouse=True)
def outside(make_plugin):
    make_plugin("outside", code=OUTSIDE)


def test_a_call_to_the_outside_runs_as_a_step_and_leads_on(
    people, publish, start, run_jobs, at
):
    call = {"kind": "call", "call": "outside", "with": {"what": "=instance.title"}}
    ways = {"next": {"to": "b"}, "failed": {"to": "f"}}
    node = {**call, "store": "answer", "transitions": ways}
    publish(definition("c", "c", c=node, b=state("z"), f=state("z")))
    good, bad = start("c", title="right"), start("c", title="wrong")
    assert at(good) == ["c"]
    run_jobs()
    assert at(good) == ["b"]
    assert at(bad) == ["f"]
    shown = people("admin").get(f"/vault/workflow/instances/{good['id']}").json
    assert shown["data"]["answer"]["receipt"]


def test_a_call_inside_that_fails_undoes_the_event_or_takes_its_way(
    people, publish, start, happen, refused, at
):
    call = {"kind": "call", "call": "inside", "with": {"what": "wrong"}}
    publish(definition("hard", "a", a=state("c"), c={**call, "to": "z"}))
    ways = {"next": {"to": "z"}, "failed": {"to": "f"}}
    soft = {**call, "transitions": ways}
    publish(definition("soft", "a", a=state("c"), c=soft, f=state("z")))
    hard, soft = start("hard"), start("soft")
    refused(happen(hard, "next"), 409, "The other side said no.")
    assert at(hard) == ["a"]
    assert happen(soft, "next").status_code == 200
    assert at(soft) == ["f"]


@pytest.mark.parametrize(
    ("action", "given", "words"),
    [
        ("nothing", {}, "no action nothing"),
        ("hidden", {}, "not offered"),
        ("create_first_admin", {}, "not offered"),
        ("inside", {"who": 1}, "takes no who"),
        ("strict", {"what": "x", "who": 1}, "who: Unknown field"),
        ("strict", {"what": "much too long"}, "what: Length must be"),
        ("strict", {}, "what: Missing data"),
        ("strict", {"what": "=actor.name", "who": "=actor.name"}, "who: Unknown"),
    ],
)
def test_actions_that_do_not_exist_or_are_not_offered_are_refused(
    people, refused, action, given, words
):
    node = {"kind": "call", "call": action, "with": given, "to": "z"}
    source = definition("x", "c", c=node)
    made = people("admin").post("/vault/workflow/definitions", json=source).json
    path = f"/vault/workflow/definitions/{made['id']}"
    refused(people("admin").post(f"{path}/publish"), 422, words)
    report = people("admin").get(f"{path}/check").json
    assert (report["sound"], list(report["problems"])) == (False, ["nodes.c"])


def test_what_is_worked_out_is_held_against_the_actions_schema(
    people, publish, start, happen, refused, at
):
    call = {"kind": "call", "call": "strict", "with": {"what": "=data.word"}, "to": "z"}
    data = {"properties": {"word": {"type": "string"}}, "required": ["word"]}
    publish(definition("w", "a", a=state("c"), c=call) | {"data": data})
    long, short = start("w", data={"word": "too long"}), start("w", data={"word": "ok"})
    refused(happen(long, "next"), 400, "what: Length must be")
    assert at(long) == ["a"]
    assert happen(short, "next").status_code == 200
    assert at(short) == "z"


def test_time_acts_with_the_rights_of_the_starter_and_no_others(
    people, publish, start, fast_forward, history, at
):
    call = {"kind": "call", "call": "guarded", "with": {"what": "x"}, "to": "z"}
    ways = {"go": {"to": "z"}, "late": {"to": "c", "after": "1h"}}
    inner = definition("t", "a", a={"kind": "state", "transitions": ways}, c=call)
    publish(inner)
    sub = {"kind": "sub", "definition": "s", "to": "c"}
    plain = {"go": {"to": "z"}, "late": {"to": "z", "after": "1h"}}
    publish(definition("s", "a", a={"kind": "state", "transitions": plain}))
    publish(definition("outer", "b", b=sub, c=call))
    mine, theirs = start("t"), start("t", by="ada")
    above, below = start("outer"), start("outer", by="ada")
    fast_forward(hours=2)
    assert [at(one) for one in (mine, above)] == ["z", "z"]
    assert [at(one) for one in (theirs, below)] == [["a"], ["b"]]
    assert history(theirs) == ["start", "timer"]
