"""Random walks through the database: every step leaves one line here and one there."""

import random
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import select

from archivolt_core_audit.journal.models import Entry
from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.engine.model import Marking
from archivolt_core_workflow.instances import logic
from archivolt_core_workflow.instances.models import Event, Instance, Timer
from archivolt_core_workflow.tasks import logic as task_logic
from archivolt_core_workflow.tasks.models import Candidate, Task
from archivolt_host.kit import hooks
from archivolt_host.kit.context import acting_as
from archivolt_host.kit.errors import ArchivoltError, RefusedError
from archivolt_host.tenants import sessions

pytestmark = [
    pytest.mark.plugins("core_identity", "core_audit", "core_workflow"),
    pytest.mark.placements,
]
PEOPLE = ("ada", "grace", "linus")
WALK = {
    "key": "walk",
    "title": "Walk",
    "start": "first",
    "nodes": {
        "first": {
            "kind": "state",
            "transitions": {
                "on": {"to": "both"},
                "wait": {"to": "first"},
                "late": {"to": "both", "after": "1h"},
            },
        },
        "both": {
            "kind": "split",
            "join": "met",
            "transitions": {"vote": {"to": "vote"}, "many": {"to": "many"}},
        },
        "vote": {
            "kind": "task",
            "assign": {"users": list(PEOPLE)},
            "quorum": {"need": 2, "yes": "yes", "no": "no"},
            "escalate": [{"after": "1h", "assign": {"users": ["boss"]}}],
            "transitions": {
                "yes": {"to": "met"},
                "no": {"to": "met"},
                "again": {"to": "vote"},
                "stop": {"to": "stopped"},
            },
        },
        "many": {"kind": "each", "count": 2, "join": "all", "to": "part"},
        "part": {
            "kind": "task",
            "exclusive": "desk",
            "assign": {"users": list(PEOPLE)},
            "transitions": {
                "done": {"to": "all"},
                "expire": {"to": "all", "after": "2h"},
            },
        },
        "all": {"kind": "join", "to": "met"},
        "met": {"kind": "join", "to": "inner"},
        "inner": {"kind": "sub", "definition": "inner", "to": "last"},
        "last": {
            "kind": "state",
            "transitions": {"back": {"to": "first"}, "end": {"to": "z"}},
        },
        "z": {"kind": "end"},
        "stopped": {"kind": "end", "terminate": True},
    },
}
INNER = {
    "key": "inner",
    "title": "Inner",
    "start": "a",
    "nodes": {
        "a": {"kind": "task", "assign": {"users": ["ada"]}, "to": "z"},
        "z": {"kind": "end"},
    },
}


class Walk:
    """One instance and its kin, walked at random."""

    def __init__(self, chance, in_tenant, tenant, fast_forward):
        self.chance, self.fast_forward = chance, fast_forward
        self.within = lambda: in_tenant(tenant)
        with self.within():
            self.actors = {
                name: hooks.first("find_actor", who=name) for name in (*PEOPLE, "boss")
            }

    def step(self, id):
        """Do something; what is refused changes nothing."""
        deed = self.chance.choice(
            [self.decide] * 6 + [self.happen] * 4 + [self.pass_on]
        )
        before = self.rows(id)
        try:
            deed(id)
        except ArchivoltError:
            assert self.rows(id) == before

    def decide(self, id):
        actor = self.actors[self.chance.choice([*self.actors])]
        with self.within(), acting_as(actor):
            rows = sessions.connection().execute(select(Task.id, Task.node)).all()
            task, node = self.chance.choice(rows or [(UUID(int=0), "vote")])
            ways = {"vote": ["yes", "no", "yes", "no", "again"], "part": ["done"]}
            way = self.chance.choice(ways.get(node, ["next"]))
            task_logic.decide(task, way)

    def happen(self, id):
        with self.within():
            way = self.chance.choice(["on", "wait", "back", "end"])
            logic.happen(id, way)

    def pass_on(self, _):
        self.fast_forward(hours=self.chance.choice([1, 3]))

    def rows(self, id):
        """Return how many rows there are of everything, and where the instance is."""
        with self.within():
            ask = sessions.connection().execute
            models = (Event, Entry, Task, Timer, Candidate, Instance)
            counts = [len(ask(select(m.__table__)).all()) for m in models]
            marking = ask(select(Instance.marking).where(Instance.id == id)).scalar()
            return counts, marking

    def coherent(self):
        """Assert what holds after every step."""
        with self.within():
            ask = sessions.connection().execute
            told = Counter(
                (str(e.instance_id), e.name.upper())
                for e in ask(select(Event.__table__)).all()
            )
            noted = Counter(
                (e.object, e.action)
                for e in ask(select(Entry.__table__)).all()
                if e.kind == "workflow.instance" and e.action.isupper()
            )
            assert told == noted
            instances = ask(select(Instance.__table__)).all()
            resting = {
                (i.id, t.id): t.node
                for i in instances
                for t in Marking.load(i.marking).tokens
                if t.status == "at"
            }
            open_tasks = ask(select(Task.__table__).where(Task.state == "open")).all()
            people = {"vote", "part", "a"}
            wanted = {key for key, node in resting.items() if node in people}
            assert {(t.instance_id, t.token) for t in open_tasks} == wanted
            ids = {task.id for task in open_tasks}
            seats = ask(select(Candidate.__table__)).all()
            assert {seat.task_id for seat in seats} <= ids
            for timer in ask(select(Timer.__table__)).all():
                assert (timer.instance_id, timer.token) in resting
            for one in instances:
                numbers = [
                    e.number
                    for e in ask(
                        select(Event.__table__).where(Event.instance_id == one.id)
                    ).all()
                ]
                assert sorted(numbers) == list(range(1, one.events + 1))
                assert (one.state == "running") == bool(one.marking["tokens"])


@pytest.mark.parametrize("seed", range(3))
def test_every_step_leaves_one_line_of_history_and_one_of_the_journal(
    people, tenant, in_tenant, fast_forward, seed
):
    for name in (*PEOPLE, "boss"):
        people(name)
    walk = Walk(random.Random(seed), in_tenant, tenant, fast_forward)
    with in_tenant(tenant):
        for source in (INNER, WALK):
            definitions.publish(definitions.save(source))
        id = logic.start("walk").id
    for _ in range(60):
        walk.step(id)
        walk.coherent()
    with in_tenant(tenant):
        logic.cancel(id)
    walk.coherent()
    for again in (lambda: logic.happen(id, "end"), lambda: logic.cancel(id)):
        before = walk.rows(id)
        with pytest.raises(RefusedError), in_tenant(tenant):
            again()
        assert walk.rows(id) == before
    fast_forward(days=30)
    walk.coherent()
    assert walk.rows(id)[0][3] == 0, "no timer is left"
