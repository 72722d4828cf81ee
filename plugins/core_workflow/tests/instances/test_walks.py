"""Random definitions on the real database, walked at random, also two at a time."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from archivolt_core_audit.journal.models import Entry
from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.definitions.service import definitions as stored
from archivolt_core_workflow.engine.model import TASK, Marking
from archivolt_core_workflow.instances import logic
from archivolt_core_workflow.instances.models import Event, Instance, Timer
from archivolt_core_workflow.running import later
from archivolt_core_workflow.tasks import logic as task_logic
from archivolt_core_workflow.tasks.models import OPEN, Candidate, Task
from archivolt_host.kit import hooks
from archivolt_host.kit.context import SYSTEM
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import ArchivoltError, RefusedError
from archivolt_host.tenants import context, sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "core_workflow"),
    pytest.mark.placements,
]
PEOPLE = ("ada", "grace", "linus")
#: Lines of history that are no way from one node to another.
OTHERS = {"start", "vote", "escalate", "cancel"}


class Walks(RuleBasedStateMachine):
    """One instance of a random definition; ``tenant`` and ``drawn`` come from outside.

    What was refused must have changed nothing, whatever it was.
    """

    tenant, drawn = None, None

    def within(self, who=None):
        return context.acting(self.tenant, self.actors.get(who))

    def rows(self, model, **where):
        found = select(model.__table__)
        for name, value in where.items():
            found = found.where(model.__table__.c[name] == value)
        with context.acting(self.tenant), sessions.reading() as work:
            return work.connection.execute(found).all()

    @initialize(seed=st.integers(0, 10**6), n=st.integers(0, 6))
    def begin(self, seed, n):
        with context.acting(self.tenant), sessions.transaction():
            self.actors = {name: hooks.first("find_actor", who=name) for name in PEOPLE}
            source = self.drawn(seed, f"walk{seed}", PEOPLE, depth=2)
            row = stored.published(source["key"])
            row = row or definitions.publish(definitions.save(source))
            self.definition = definitions.compiled(row.id)
            self.id = logic.start(source["key"], data={"n": n}).id
        ways = self.definition.transitions()
        self.ways = {(way.name, way.source, way.target) for way in ways}

    def tried(self, deed):
        """Do something in a transaction; what is refused changes nothing."""
        before = self.everything()
        problem = self.contained(deed)
        assert problem is None or self.everything() == before
        return problem

    def contained(self, deed, who=None):
        try:
            with self.within(who), sessions.transaction():
                deed()
        except ArchivoltError as error:
            return error
        return None

    def at_once(self, *deeds):
        """Do things at the same time, each as somebody, and return what was refused."""
        barrier = Barrier(len(deeds))

        def do(who, deed):
            barrier.wait()
            return self.contained(deed, who)

        with ThreadPoolExecutor(len(deeds)) as pool:
            return list(pool.map(lambda one: do(*one), deeds))

    def open_tasks(self):
        return sorted(self.rows(Task, instance_id=self.id, state=OPEN))

    @precondition(lambda self: self.open_tasks())
    @rule(who=st.sampled_from(PEOPLE), data=st.data())
    def decide(self, who, data):
        task = data.draw(st.sampled_from(self.open_tasks()))
        way = data.draw(st.sampled_from(["yes", "no"] if task.votes else ["next"]))
        self.contained(lambda: task_logic.decide(task.id, way), who)

    @precondition(lambda self: self.open_tasks())
    @rule(data=st.data())
    def decide_both(self, data):
        """Of two who decide at once one wins; votes of two both count."""
        task = data.draw(st.sampled_from(self.open_tasks()))
        way = "yes" if task.votes else "next"
        deed = lambda: task_logic.decide(task.id, way)  # noqa: E731
        refused = self.at_once(("ada", deed), ("grace", deed))
        if task.votes:
            assert all(p is None or isinstance(p, RefusedError) for p in refused)
        else:
            assert [type(p) for p in sorted(refused, key=bool)] == [
                type(None), RefusedError
            ]  # fmt: skip

    @rule(way=st.sampled_from(["on", "next", "again", "late", "yes", "nonsense"]))
    def happen(self, way):
        self.tried(lambda: logic.happen(self.id, way))

    @rule(hours=st.sampled_from([1, 3]))
    def pass_time(self, hours):
        """Let two fire the timers at the same time: each of them fires once."""
        with context.acting(self.tenant), sessions.transaction() as work:
            table, moved = Timer.__table__, timedelta(hours=hours)
            for timer in self.rows(Timer, instance_id=self.id):
                change = table.update().where(table.c.id == timer.id)
                work.connection.execute(change.values(fire_at=timer.fire_at - moved))
        due, seen = self.due(), len(self.rows(Event, instance_id=self.id))

        def fire(_):
            with context.acting(self.tenant):
                later.fire_timers.run()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(fire, range(2)))
        events = sorted(self.rows(Event, instance_id=self.id), key=lambda e: e.number)
        fired = Counter((e.name, e.source) for e in events[seen:] if e.actor == SYSTEM)
        assert fired <= Counter(due.values()), "a timer fired twice"
        left = {timer.id for timer in self.rows(Timer, instance_id=self.id)}
        assert not left & due.keys(), "a timer neither fired nor was dropped"

    def due(self):
        """Return the timers whose time has come: the line that each is to leave."""
        (instance,) = self.rows(Instance, id=self.id)
        nodes = {t.id: t.node for t in Marking.load(instance.marking).tokens}
        return {
            timer.id: (
                "escalate" if timer.kind == "escalation" else timer.name,
                nodes[timer.token],
            )
            for timer in self.rows(Timer, instance_id=self.id)
            if timer.fire_at <= now()
        }

    @rule()
    def cancel_seldom(self):
        if len(self.rows(Event, instance_id=self.id)) > 12:
            self.tried(lambda: logic.cancel(self.id))

    def teardown(self):
        """Terminal absorbs: nothing happens any more, and nothing is left open."""
        if not hasattr(self, "id"):
            return
        self.tried(lambda: logic.cancel(self.id))
        before = self.everything()
        for deed in (
            lambda: logic.happen(self.id, "on"),
            lambda: logic.cancel(self.id),
        ):
            assert isinstance(self.tried(deed), RefusedError)
        assert self.everything() == before
        assert self.rows(Timer, instance_id=self.id) == self.open_tasks() == []

    def everything(self):
        found = [self.rows(Instance, id=self.id)]
        found += [
            sorted(self.rows(m, instance_id=self.id)) for m in (Event, Task, Timer)
        ]
        return found, len(self.rows(Entry)), sorted(self.rows(Candidate))

    @invariant()
    def one_line_each(self):
        """A line of history and one of the journal for each step, along the drawing."""
        events = self.rows(Event, instance_id=self.id)
        (instance,) = self.rows(Instance, id=self.id)
        numbers = sorted(event.number for event in events)
        assert numbers == list(range(1, instance.events + 1))
        for event in events:
            way = event.name, event.source, event.target
            assert event.name in OTHERS or way in self.ways
        entries = self.rows(Entry, object=str(self.id), kind="workflow.instance")
        noted = Counter(one.action for one in entries if one.action.isupper())
        assert noted == Counter(event.name.upper() for event in events)

    @invariant()
    def coherent(self):
        """Tasks, seats in inboxes and timers are there for where it stands alone."""
        (instance,) = self.rows(Instance, id=self.id)
        tokens = Marking.load(instance.marking).tokens
        assert {token.node for token in tokens} <= self.definition.nodes.keys()
        assert (instance.state == "running") == bool(tokens)
        resting = {t.id: t.node for t in tokens if t.status == "at"}
        kinds = {id: self.definition.nodes[node].kind for id, node in resting.items()}
        tasks = {task.token: task for task in self.open_tasks()}
        assert tasks.keys() == {id for id, kind in kinds.items() if kind == TASK}
        for timer in self.rows(Timer, instance_id=self.id):
            assert timer.token in resting
        known = {task.id: task.state for task in self.rows(Task, instance_id=self.id)}
        for seat in self.rows(Candidate):
            assert known.get(seat.task_id, OPEN) == OPEN
        assert all(isinstance(id, UUID) for id in known)


@pytest.fixture
def walks(people, tenant, drawn):
    """The machine, with people in its tenant."""
    for name in PEOPLE:
        people(name)
    return type("Walks", (Walks,), {"tenant": tenant, "drawn": staticmethod(drawn)})


def test_no_walk_leaves_the_drawing_and_each_step_leaves_its_lines(walks, placement):
    run_state_machine_as_test(
        walks,
        settings=settings(
            max_examples=3 if placement == "sqlite" else 12,  # the quick run is short
            phases=[Phase.generate],  # to find the shortest walk takes minutes
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
