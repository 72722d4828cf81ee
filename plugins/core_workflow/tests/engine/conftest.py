"""Runs definitions on the engine alone: no database, no HTTP."""

from datetime import UTC, datetime

import pytest

from archivolt_core_workflow.engine import firing, reading, soundness

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Game:
    """One instance, played by the names of nodes and ways."""

    def __init__(self, definition, facts):
        self.definition, self.facts = definition, facts
        self.outcome, self.entered, self.left = None, [], []
        self._keep(firing.begin(definition, self.seen()))

    def seen(self):
        """Return the facts of this moment, as whoever runs the engine gives them."""
        marking = getattr(self, "marking", None)
        nodes = marking.nodes() if marking else []
        return {**self.facts, "now": NOW, "instance.nodes": nodes}

    def _keep(self, step):
        self.marking, self.outcome = step.marking, step.outcome
        self.entered = [token.node for token in step.entered]
        self.left = [token.node for token in step.left]
        self.taken = [way.name for way in step.taken]

    def go(self, node, way="next", n=0):
        """Let the n-th token at a node go a way."""
        at = [t for t in self.marking.tokens if t.node == node and t.status == "at"]
        marking = self.marking
        step = firing.fire(self.definition, marking, at[n].id, way, self.seen())
        self._keep(step)
        return self

    def add(self, split, *items):
        self._keep(firing.add(self.definition, self.marking, split, list(items)))
        return self

    @property
    def at(self):
        """Where tokens rest and may go on, in order."""
        tokens = self.marking.tokens
        return sorted(t.node for t in tokens if t.status == "at")


@pytest.fixture
def define():
    """Read a definition from its nodes, and find it sound."""

    def make(nodes, start, **more):
        source = {"key": "t", "title": "T", "start": start, "nodes": nodes, **more}
        definition = reading.read(source)
        assert soundness.problems(definition) == {}
        return definition

    return make


@pytest.fixture
def play(define):
    """Start a definition that is given by its nodes."""

    def begin(nodes, start, facts=None, **more):
        return Game(define(nodes, start, **more), facts or {})

    return begin


@pytest.fixture
def problems():
    """Return what stands against publishing: place to sentence."""

    def find(nodes, start, **more):
        source = {"key": "t", "title": "T", "start": start, "nodes": nodes, **more}
        found = soundness.problems(reading.read(source))
        return {place: " ".join(said) for place, said in found.items()}

    return find
