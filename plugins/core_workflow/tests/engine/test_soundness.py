"""Publishing finds what would not work, and names the place."""

import pytest

from archivolt_core_workflow.engine import reading, soundness
from archivolt_host.kit.errors import InvalidError

END = {"kind": "end"}
TASK = {"kind": "task", "assign": {"users": ["ada"]}}


def state(to):
    return {"kind": "state", "to": to}


def split(*targets, **more):
    ways = {target: {"to": target} for target in targets}
    return {"kind": "split", "transitions": ways, **more}


UNSOUND = {
    "a start that is not there": (
        {"z": END},
        "nowhere",
        ("start", "There is no node nowhere."),
    ),
    "a way to nothing": (
        {"a": state("gone"), "z": END},
        "a",
        ("nodes.a.transitions.next", "There is no node gone."),
    ),
    "an unreachable node": (
        {"a": state("z"), "b": state("z"), "z": END},
        "a",
        ("nodes.b", "No way leads there"),
    ),
    "a dead end": (
        {"a": state("b"), "b": {"kind": "state"}, "z": END},
        "a",
        ("nodes.b.transitions", "dead end"),
    ),
    "a circle without an end": (
        {"x": split("a", "z"), "a": state("b"), "b": state("a"), "z": END},
        "x",
        ("nodes.a", "to an end"),
    ),
    "no end at all": (
        {"a": state("b"), "b": state("a")},
        "a",
        ("nodes", "There is no end."),
    ),
    "a branch that ends before its join": (
        {
            "s": split("a", "b", join="j"),
            "a": state("j"),
            "b": state("z"),
            "j": {"kind": "join", "to": "z"},
            "z": END,
        },
        "s",
        ("nodes.j.transitions.next", "inside and outside of parallel"),
    ),
    "an end of its own inside of a branch": (
        {
            "s": split("a", "b", join="j"),
            "a": state("j"),
            "b": state("y"),
            "j": {"kind": "join", "to": "z"},
            "y": END,
            "z": END,
        },
        "s",
        ("nodes.y", "its join cannot complete"),
    ),
    "a join without a split": (
        {"a": state("j"), "j": {"kind": "join", "to": "z"}, "z": END},
        "a",
        ("nodes.j", "wait for ever"),
    ),
    "a join that waits for more than come": (
        {
            "s": split("a", "b", join="j"),
            "a": state("j"),
            "b": state("j"),
            "j": {"kind": "join", "wait": 3, "to": "z"},
            "z": END,
        },
        "s",
        ("nodes.j.wait", "It waits for 3 of 2 branches."),
    ),
    "a branch into the join of another split": (
        {
            "s": split("t", "b", join="j"),
            "t": split("c", "d", join="k"),
            "c": state("j"),
            "d": state("k"),
            "b": state("j"),
            "j": {"kind": "join", "to": "z"},
            "k": {"kind": "join", "to": "j"},
            "z": END,
        },
        "s",
        ("nodes", "parallel branches"),
    ),
    "a split without a join inside of another": (
        {
            "s": split("t", "b", join="j"),
            "t": split("c", "d"),
            "c": state("j"),
            "d": state("j"),
            "b": state("j"),
            "j": {"kind": "join", "to": "z"},
            "z": END,
        },
        "s",
        ("nodes.t", "needs a join of its own"),
    ),
    "a choice without a default": (
        {
            "x": {"kind": "choice", "transitions": {"a": {"to": "z", "guard": "true"}}},
            "z": END,
        },
        "x",
        ("nodes.x.transitions", "no guard"),
    ),
    "a circle where nobody decides": (
        {
            "a": state("x"),
            "x": {
                "kind": "choice",
                "transitions": {
                    "again": {"to": "y", "guard": "true"},
                    "out": {"to": "z"},
                },
            },
            "y": {"kind": "choice", "to": "x"},
            "z": END,
        },
        "a",
        ("nodes", "nobody decides passes through x, y"),
    ),
    "a task for nobody": (
        {"a": {"kind": "task", "to": "z"}, "z": END},
        "a",
        ("nodes.a", "Nobody is to do it"),
    ),
    "a quorum of more than there are": (
        {
            "a": {
                **TASK,
                "quorum": {"need": 2, "yes": "y", "no": "n"},
                "transitions": {"y": {"to": "z"}, "n": {"to": "z"}},
            },
            "z": END,
        },
        "a",
        ("nodes.a.quorum", "2 must say yes, and 1 may vote"),
    ),
    "a quorum of a role that is not counted": (
        {
            "a": {
                "kind": "task",
                "assign": {"roles": ["manager"]},
                "quorum": {"need": 2, "yes": "y", "no": "n"},
                "transitions": {"y": {"to": "z"}, "n": {"to": "z"}},
            },
            "z": END,
        },
        "a",
        ("nodes.a.quorum", "how many are to vote"),
    ),
    "votes for ways that are not there": (
        {
            "a": {**TASK, "quorum": {"need": 1, "yes": "y", "no": "n"}, "to": "z"},
            "z": END,
        },
        "a",
        ("nodes.a.quorum", "Voters have no way y."),
    ),
    "a state that only time can leave": (
        {
            "a": {"kind": "state", "transitions": {"t": {"to": "z", "after": "1d"}}},
            "z": END,
        },
        "a",
        ("nodes.a.transitions", "Only time leads on"),
    ),
    "a time on a way that nobody waits at": (
        {"a": {"kind": "choice", "transitions": {"t": {"to": "z", "after": "1d"}}},
         "z": END},
        "a",
        ("nodes.a.transitions", "Only ways out of states and tasks"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSOUND)
def test_what_would_not_work_is_found(problems, name):
    nodes, start, (place, words) = UNSOUND[name]
    found = problems(nodes, start)
    assert any(words in text for at, text in found.items() if at.startswith(place)), (
        found
    )


MALFORMED = [
    ({"a": {"kind": "state", "to": "z", "due": "1d"}}, "nodes.a", "A state has no due"),
    ({"a": {"kind": "stat", "to": "z"}}, "nodes.a.kind", "There is no kind stat"),
    ({"a": {**TASK, "to": "z", "due": "soon"}}, "nodes.a.due", "Write a length"),
    ({"a": {**TASK, "to": "z", "due": "99999d"}}, "nodes.a.due", "ten years"),
    ({"a": {"kind": "state", "to": "z", "transitions": {}}}, "nodes.a.transitions", ""),
    ({"a": {"kind": "task", "assign": {}, "to": "z"}}, "nodes.a.assign", "Name users"),
    ({"a b": {"kind": "end"}}, "nodes.a b", "A name begins"),
    ({"a": {**TASK, "form": {"type": "objec"}, "to": "z"}}, "nodes.a.form", "JSON Sch"),
    ({"a": {**TASK, "form": {"$ref": "http://x"}, "to": "z"}}, "nodes.a.form", "$ref"),
    (
        {"a": {"kind": "state", "transitions": {"t": {"to": "z", "guard": "1 + 1"}}}},
        "nodes.a.transitions.t.guard",
        "not to true or false",
    ),
    (
        {"a": {"kind": "state", "transitions": {"t": {"to": "z", "guard": "x > 1"}}}},
        "nodes.a.transitions.t.guard",
        "undeclared reference to 'x'",
    ),
    (
        {"a": {"kind": "call", "call": "c", "with": {"n": "=now +"}, "to": "z"}},
        "nodes.a.with.n",
        "Syntax error",
    ),
]


@pytest.mark.parametrize(("nodes", "place", "words"), MALFORMED)
def test_a_malformed_definition_says_where(nodes, place, words):
    source = {"key": "t", "title": "T", "start": "a", "nodes": {**nodes, "z": END}}
    with pytest.raises(InvalidError) as refused:
        reading.read(source)
    said = {at: " ".join(text) for at, text in refused.value.errors.items()}
    assert any(at.startswith(place) and words in text for at, text in said.items()), (
        said
    )


def test_all_mistakes_are_named_at_once():
    way = {"to": "z", "guard": "nope"}
    nodes = {"a": {"kind": "state", "transitions": {"t": way}}, "z": END}
    nodes["b"] = {"kind": "state", "transitions": {"u": {**way, "allow": "1"}}}
    with pytest.raises(InvalidError) as refused:
        reading.read({"key": "t", "title": "T", "start": "a", "nodes": nodes})
    assert len(refused.value.errors) == 3


def test_what_differs_for_a_running_instance_is_told(define):
    old = define({"a": state("b"), "b": state("z"), "c": state("z"), "z": END,
                  "s": split("a", "b", "c")}, "s")  # fmt: skip
    ways = {"further": {"to": "z"}}
    later = {"kind": "state", "transitions": ways}
    nodes = {"b": later, "c": {**TASK, "to": "z"}, "z": END, "s": split("b", "c")}
    new = define(nodes, "s")
    found = soundness.differing(old, new, ["a", "b", "c"])
    assert found["a"] == "It is not there any more."
    assert found["b"] == "It has no way next any more."
    assert found["c"] == "It has become a task."
    assert soundness.differing(old, old, ["a", "b", "c"]) == {}
