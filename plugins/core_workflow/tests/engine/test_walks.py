"""Random definitions, walked at random: nothing leaves the drawing, nothing is lost."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from archivolt_core_workflow.engine import firing, reading, soundness
from archivolt_core_workflow.engine.drawing import draw
from archivolt_core_workflow.engine.model import HELD, Marking


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
@given(seed=st.integers(0, 10**9), data=st.data())
def test_a_walk_never_leaves_the_drawing_and_always_can_go_on(seed, data, drawn):
    definition = reading.read(drawn(seed))
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
@given(seed=st.integers(0, 10**9))
def test_whoever_always_goes_on_comes_to_the_end(seed, drawn):
    definition = reading.read(drawn(seed))
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
@given(seed=st.integers(0, 10**9))
def test_every_definition_can_be_drawn(seed, drawn):
    definition = reading.read(drawn(seed))
    picture = draw(definition)
    assert picture.startswith("<svg")
    assert picture.count("<g>") == len(definition.nodes)
