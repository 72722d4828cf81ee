"""The 43 control-flow patterns: each supported one runs, each other one is refused."""

import pytest

from archivolt_core_workflow.engine.patterns import PATTERNS
from archivolt_host.kit.errors import InvalidError, RefusedError

END = {"kind": "end"}


def state(to):
    return {"kind": "state", "to": to}


def split(*targets, **more):
    ways = {target: {"to": target} for target in targets}
    return {"kind": "split", "transitions": ways, **more}


def two(**join):
    """Return two branches that a join brings together."""
    return {
        "s": split("a", "b", join="j"),
        "a": state("j"),
        "b": state("j"),
        "j": {"kind": "join", "to": "c", **join},
        "c": state("z"),
        "z": END,
    }


def many(join=None, **each):
    """Return a repeated node, joined or not."""
    nodes = {"e": {"kind": "each", "to": "a", **each}, "z": END}
    if join is None:
        return nodes | {"a": state("z")}
    return nodes | {
        "e": nodes["e"] | {"join": "j"},
        "a": state("j"),
        "j": {"kind": "join", "to": "c", **join},
        "c": state("z"),
    }


def test_01_sequence(play):
    game = play({"a": state("b"), "b": state("z"), "z": END}, "a")
    assert game.go("a").at == ["b"]
    assert game.go("b").outcome == "z"


def test_02_and_03_parallel_split_and_synchronization(play):
    game = play(two(), "s")
    assert game.at == ["a", "b"]
    assert game.go("b").at == ["a"]
    assert game.go("a").at == ["c"]


def test_04_and_05_exclusive_choice_and_simple_merge(play):
    nodes = {
        "x": {
            "kind": "choice",
            "transitions": {
                "big": {"to": "a", "guard": "data.n > 10"},
                "mid": {"to": "b", "guard": "data.n > 5"},
                "small": {"to": "c"},
            },
        },
        "a": state("m"),
        "b": state("m"),
        "c": state("m"),
        "m": state("z"),
        "z": END,
    }
    data = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
    }
    for n, at in ((11, "a"), (6, "b"), (1, "c")):
        game = play(nodes, "x", {"data.n": n}, data=data)
        assert game.at == [at]
        assert game.go(at).at == ["m"]


@pytest.mark.parametrize(
    ("x", "y", "at"), [(1, 1, "abc"), (1, 0, "ac"), (0, 1, "bc"), (0, 0, "c")]
)
def test_06_and_07_multi_choice_and_synchronizing_merge(play, x, y, at):
    nodes = two()
    nodes["s"] = {
        "kind": "split",
        "takes": "any",
        "join": "j",
        "transitions": {
            "a": {"to": "a", "guard": "data.x == 1"},
            "b": {"to": "b", "guard": "data.y == 1"},
            "always": {"to": "o"},
        },
    }
    nodes["o"] = state("j")
    data = {"type": "object", "properties": {"x": {}, "y": {}}}
    game = play(nodes, "s", {"data.x": x, "data.y": y}, data=data)
    branches = [{"c": "o"}.get(one, one) for one in at]
    assert game.at == sorted(branches)
    for branch in branches:
        assert "c" not in game.at
        game.go(branch)
    assert game.at == ["c"]


def test_08_multi_merge_passes_each_token(play):
    nodes = {
        "s": split("a", "b"),
        "a": state("m"),
        "b": state("m"),
        "m": state("z"),
        "z": END,
    }
    game = play(nodes, "s").go("a").go("b")
    assert game.at == ["m", "m"]
    assert game.go("m").outcome is None
    assert game.go("m").outcome == "z"


def test_09_discriminator_lets_the_first_through_and_absorbs_the_rest(play):
    game = play(two(wait=1), "s").go("a")
    assert game.at == ["b", "c"]
    assert game.go("b").at == ["c"]
    assert game.go("c").outcome == "z"
    late = play(two(wait=1), "s").go("a").go("c")
    assert late.outcome is None
    assert late.go("b").outcome == "z"


def test_10_arbitrary_cycles(play):
    nodes = {
        "a": {"kind": "state", "transitions": {"on": {"to": "b"}, "off": {"to": "z"}}},
        "b": {
            "kind": "state",
            "transitions": {"back": {"to": "a"}, "self": {"to": "b"}},
        },
        "z": END,
    }
    game = play(nodes, "a")
    for _ in range(5):
        game.go("a", "on").go("b", "self").go("b", "back")
    assert game.go("a", "off").outcome == "z"


def test_11_implicit_termination(play):
    nodes = {
        "s": split("a", "b"),
        "a": state("y"),
        "b": state("z"),
        "y": END,
        "z": END,
    }
    game = play(nodes, "s").go("a")
    assert game.outcome is None
    assert game.go("b").outcome == "z"


def test_12_many_without_synchronization(play):
    game = play(many(count=3), "e")
    assert game.at == ["a", "a", "a"]
    assert game.go("a").go("a").outcome is None
    assert game.go("a").outcome == "z"


def test_13_many_known_at_design(play):
    game = play(many({}, count=3), "e")
    for left in (2, 1):
        assert game.go("a").at == ["a"] * left
    assert game.go("a").at == ["c"]


def test_14_many_known_at_run_time(play):
    data = {"type": "object", "properties": {"who": {}}}
    nodes = many({}, items="data.who")
    game = play(nodes, "e", {"data.who": ["x", "y"]}, data=data)
    assert [token.item for token in game.marking.tokens] == ["x", "y"]
    assert game.go("a").go("a").at == ["c"]
    assert play(nodes, "e", {"data.who": []}, data=data).at == ["c"]
    with pytest.raises(RefusedError, match="needs a list"):
        play(nodes, "e", {"data.who": "x"}, data=data)


def test_15_many_known_only_while_they_run(play):
    game = play(many({}, count=1, add=True), "e").add("e", "more")
    assert game.go("a").at == ["a"]
    assert game.add("e", "again").at == ["a", "a"]
    assert game.go("a").go("a").at == ["c"]
    with pytest.raises(RefusedError, match="no further items"):
        game.add("e", "late")


def test_16_deferred_choice(play):
    way = {"yes": {"to": "y"}, "no": {"to": "n"}, "late": {"to": "n", "after": "1d"}}
    nodes = {"a": {"kind": "state", "transitions": way}, "y": END, "n": END}
    assert play(nodes, "a").go("a", "yes").outcome == "y"
    assert play(nodes, "a").go("a", "late").outcome == "n"


def test_17_and_40_interleaved_routing_has_one_at_a_time(play):
    nodes = two()
    nodes["a"]["exclusive"] = nodes["b"]["exclusive"] = "lab"
    game = play(nodes, "s")
    assert game.at == ["a"]
    assert game.go("a").at == ["b"]
    assert game.entered == ["b"]
    assert game.go("b").at == ["c"]


def test_18_milestone(play):
    nodes = two()
    reached = {"to": "j", "guard": "'b' in instance.nodes"}
    nodes["a"]["transitions"] = {"next": reached}
    del nodes["a"]["to"]
    game = play(nodes, "s")
    guard = game.definition.nodes["a"].transitions[0].guard
    assert guard.holds(game.seen())
    assert not guard.holds(game.go("b").seen())


def test_19_and_25_cancel_task_and_region(play):
    nodes = two()
    nodes["a"] = {
        "kind": "state",
        "transitions": {
            "next": {"to": "j"},
            "alone": {"to": "j", "cancels": ["b"]},
            "over": {"to": "z2", "cancels": ["b", "a"]},
        },
    }
    nodes["z2"] = {"kind": "end", "terminate": True}
    game = play(nodes, "s").go("a", "alone")
    assert game.left == ["a", "b"]
    assert game.at == ["c"]
    assert play(nodes, "s").go("a", "over").outcome == "z2"


def test_20_and_43_cancel_case_and_explicit_termination(play):
    nodes = two()
    nodes["a"]["to"] = "stop"
    nodes["stop"] = {"kind": "end", "terminate": True}
    game = play(nodes, "s").go("a")
    assert (game.outcome, game.at) == ("stop", [])
    assert sorted(game.left) == ["a", "b"]


def test_21_structured_loop(play):
    nodes = {
        "a": state("x"),
        "x": {
            "kind": "choice",
            "transitions": {
                "again": {"to": "a", "guard": "data.n < 3"},
                "out": {"to": "z"},
            },
        },
        "z": END,
    }
    data = {"type": "object", "properties": {"n": {}}}
    game = play(nodes, "a", {"data.n": 1}, data=data).go("a")
    assert game.at == ["a"]
    game.facts["data.n"] = 3
    assert game.go("a").outcome == "z"


def test_23_a_trigger_that_nobody_waits_for_is_lost(play):
    game = play({"a": state("b"), "b": state("z"), "z": END}, "a")
    with pytest.raises(RefusedError):
        game.go("a", "knock")
    assert game.at == ["a"]


def test_26_and_27_cancel_and_complete_many(play):
    nodes = many({}, count=3)
    nodes["a"] = {
        "kind": "state",
        "transitions": {"next": {"to": "j"}, "enough": {"to": "j", "cancels": ["a"]}},
    }
    game = play(nodes, "e").go("a").go("a", "enough")
    assert game.at == ["c"]


def test_29_and_32_cancelling_joins(play):
    game = play(two(wait=1, cancel=True), "s").go("b")
    assert (game.at, sorted(game.left)) == (["c"], ["a", "b"])


def test_30_partial_join(play):
    nodes = two(wait=2)
    nodes["s"] = split("a", "b", "d", join="j")
    nodes["d"] = state("j")
    game = play(nodes, "s").go("a")
    assert game.at == ["b", "d"]
    assert game.go("d").at == ["b", "c"]
    assert game.go("b").at == ["c"]


@pytest.mark.parametrize(("cancel", "left"), [(False, ["a"]), (True, [])])
def test_34_and_35_partial_joins_of_many(play, cancel, left):
    game = play(many({"wait": 2, "cancel": cancel}, count=3), "e").go("a").go("a")
    assert game.at == [*left, "c"]


def test_39_critical_section_is_entered_by_one(play):
    nodes = {
        "s": split("a", "b"),
        "a": {"kind": "state", "to": "c", "exclusive": "key"},
        "b": {"kind": "state", "to": "z", "exclusive": "key"},
        "c": {"kind": "state", "to": "z", "exclusive": "key"},
        "z": END,
    }
    game = play(nodes, "s")
    seen = [game.at]
    while game.outcome is None:
        seen.append(game.go(game.at[0]).at)
    assert all(len(at) <= 1 for at in seen)
    assert len(seen) == 4


REFUSED_KINDS = {
    24: "persistent-trigger",
    28: "blocking-discriminator",
    31: "blocking-join",
    33: "and-join",
    38: "or-join",
    41: "thread-merge",
    42: "thread-split",
}


@pytest.mark.parametrize(("number", "kind"), REFUSED_KINDS.items())
def test_a_pattern_that_is_not_supported_is_refused_by_name(problems, number, kind):
    nodes = {"a": {"kind": kind, "to": "z"}, "z": END}
    name = next(p.name for p in PATTERNS if p.number == number)
    with pytest.raises(InvalidError, match=name):
        problems(nodes, "a")


def test_33_and_37_a_join_of_two_splits_is_refused_by_name(problems):
    nodes = {
        **two(),
        "first": split("s", "t"),
        "t": split("d", "e", join="j"),
        "d": state("j"),
        "e": state("j"),
    }
    assert "Generalized AND-Join" in problems(nodes, "first")["nodes.j"]


def test_36_a_join_that_waits_for_an_expression_is_refused(problems):
    with pytest.raises(InvalidError) as refused:
        problems(many({"wait": "data.n"}, count=3), "e")
    assert "nodes.j.wait" in refused.value.errors


def test_all_patterns_are_listed_and_each_has_its_test(request):
    source = request.node.path.read_text()
    assert [p.number for p in PATTERNS] == list(range(1, 44))
    assert all(p.supported for p in PATTERNS[:20])
    named = {
        int(word)
        for line in source.splitlines()
        if line.startswith("def test_")
        for word in line.split("(")[0].split("_")
        if word.isdigit()
    }
    supported = {p.number for p in PATTERNS if p.supported}
    # Recursion (22) is refused where other definitions are known: at publishing.
    assert supported <= named
    assert {p.number for p in PATTERNS} - named - REFUSED_KINDS.keys() == {22}
