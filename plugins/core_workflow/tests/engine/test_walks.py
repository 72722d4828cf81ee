"""Random definitions, walked at random: nothing leaves the drawing, nothing is lost."""

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from archivolt_core_workflow.engine import firing, reading, soundness
from archivolt_core_workflow.engine.drawing import draw
from archivolt_core_workflow.engine.model import HELD, Marking


class Builder:
    """Builds sound definitions: blocks in blocks, as people draw them."""

    def __init__(self, chance):
        self.chance, self.nodes = chance, {"z": {"kind": "end"}}

    def name(self):
        return f"n{len(self.nodes)}"

    def block(self, to, depth):
        """Add something that leads to a node, and return where it begins."""
        kinds = ["state", "state", "loop"]
        if depth:
            kinds += ["seq", "choice", "all", "any", "each", "first", "cancel"]
        return getattr(self, self.chance.choice(kinds))(to, depth - 1)

    def add(self, **node):
        name = self.name()
        self.nodes[name] = node
        return name

    def state(self, to, _):
        exclusive = {"exclusive": "room"} if self.chance.random() < 0.2 else {}
        return self.add(kind="state", to=to, **exclusive)

    def loop(self, to, _):
        name = self.name()
        ways = {"on": {"to": to}, "again": {"to": name}}
        self.nodes[name] = {"kind": "state", "transitions": ways}
        return name

    def seq(self, to, depth):
        return self.block(self.block(to, depth), depth)

    def choice(self, to, depth):
        guard = self.chance.choice(["data.n % 2 == 0", "data.n > 3", "data.n / 0 > 1"])
        ways = {
            "a": {"to": self.block(to, depth), "guard": guard},
            "b": {"to": self.block(to, depth)},
        }
        return self.add(kind="choice", transitions=ways)

    def joined(self, to, depth, split, join, branches):
        end = self.add(kind="join", to=to, **join)
        ways = {f"w{n}": {"to": self.block(end, depth)} for n in range(branches)}
        if split.get("takes") == "any":
            ways["w0"]["guard"] = "data.n % 3 == 0"
        return self.add(transitions=ways, join=end, **split)

    def all(self, to, depth):
        return self.joined(to, depth, {"kind": "split"}, {}, 3)

    def any(self, to, depth):
        return self.joined(to, depth, {"kind": "split", "takes": "any"}, {}, 3)

    def first(self, to, depth):
        join = {
            "wait": self.chance.choice([1, 2]),
            "cancel": self.chance.random() < 0.5,
        }
        return self.joined(to, depth, {"kind": "split"}, join, 3)

    def each(self, to, depth):
        count = self.chance.randint(1, 3)
        return self.joined(to, depth, {"kind": "each", "count": count}, {}, 1)

    def cancel(self, to, depth):
        found = self.joined(to, depth, {"kind": "split"}, {}, 2)
        resting = [n for n, node in self.nodes.items() if node["kind"] == "state"]
        if resting:
            by, victim = self.chance.choice(resting), self.chance.choice(resting)
            ways = self.nodes[by].get("transitions") or {
                "next": {"to": self.nodes[by].pop("to")}
            }
            next(iter(ways.values()))["cancels"] = [victim]
            self.nodes[by]["transitions"] = ways
        return found


def built(seed):
    chance = random.Random(seed)
    builder = Builder(chance)
    start = builder.block("z", 3)
    data = {"properties": {"n": {"type": "integer"}}, "required": ["n"]}
    source = {
        "key": "t", "title": "T", "start": start, "data": data, "nodes": builder.nodes,
    }  # fmt: skip
    return reading.read(source)


def coherent(definition, before, step):
    """Assert what holds after every step, whatever it was."""
    marking = step.marking
    ids = [token.id for token in marking.tokens]
    assert len(ids) == len(set(ids))
    assert all(token.node in definition.nodes for token in marking.tokens)
    scopes = {scope.id for scope in marking.scopes}
    assert all(token.scope in scopes | {0} for token in marking.tokens)
    assert all(scope.parent in scopes | {0} for scope in marking.scopes)
    ways = {(w.source, w.name, w.target) for w in definition.transitions()}
    assert all((w.source, w.name, w.target) in ways for w in step.taken)
    rested = {t.id for t in before.tokens if t.status == "at"}
    rests = {t.id for t in marking.tokens if t.status == "at"}
    assert {t.id for t in step.entered} == rests - rested
    assert {t.id for t in step.left} == rested - rests
    room = [t for t in marking.tokens if definition.nodes[t.node].exclusive]
    assert sum(t.status == "at" for t in room) <= 1
    if any(t.status == HELD for t in room):
        assert any(t.status == "at" for t in room)
    assert (step.outcome is None) == bool(marking.tokens)
    if marking.tokens:
        assert rests, "nobody can go on, and it has not ended"
    assert Marking.load(json.loads(json.dumps(marking.dump()))) == marking


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.data())
def test_a_walk_never_leaves_the_drawing_and_always_can_go_on(seed, data):
    definition = built(seed)
    assert soundness.problems(definition) == {}
    facts = {"data.n": data.draw(st.integers(0, 6))}
    before, step = Marking(), firing.begin(definition, facts)
    coherent(definition, before, step)
    for _ in range(60):
        if step.outcome is not None:
            break
        before = step.marking
        resting = [t for t in before.tokens if t.status == "at"]
        token = data.draw(st.sampled_from(resting))
        way = data.draw(st.sampled_from(definition.nodes[token.node].transitions))
        step = firing.fire(definition, before, token.id, way.name, facts)
        coherent(definition, before, step)
        again = firing.fire(definition, before, token.id, way.name, facts)
        assert again == step


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9))
def test_whoever_always_goes_on_comes_to_the_end(seed):
    definition = built(seed)
    facts = {"data.n": seed % 7}
    step = firing.begin(definition, facts)
    for _ in range(3000):
        if step.outcome is not None:
            break
        token = next(t for t in step.marking.tokens if t.status == "at")
        way = definition.nodes[token.node].transitions[0].name
        step = firing.fire(definition, step.marking, token.id, way, facts)
    assert step.outcome == "z" or step.outcome == "cancelled"
    assert step.marking.tokens == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_every_definition_can_be_drawn(seed):
    definition = built(seed)
    picture = draw(definition)
    assert picture.startswith("<svg")
    assert picture.count("<g>") == len(definition.nodes)
