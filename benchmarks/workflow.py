"""Workflows: a transition, the inbox, the sweep of timers, guards; all in one process.

The bare transaction beside a transition writes the same tables by statements made once:
the instance, a line of history, a line of the journal.
"""

import logging
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from flask.testing import FlaskClient
from sqlalchemy import Table

from archivolt_core_audit.journal.models import Entry
from archivolt_core_workflow.definitions import logic as definitions
from archivolt_core_workflow.engine.facts import facts_for
from archivolt_core_workflow.instances import logic
from archivolt_core_workflow.instances.models import Event, Instance
from archivolt_core_workflow.instances.service import instances, timers
from archivolt_core_workflow.running import later
from archivolt_core_workflow.tasks.models import NEVER, Candidate, Task
from archivolt_core_workflow.tasks.service import tasks
from archivolt_host.app import Host, create_app, open_host
from archivolt_host.cli.opening import prepare_catalog_database
from archivolt_host.kit import hooks
from archivolt_host.kit.context import acting_as
from archivolt_host.kit.db import now, reading, transaction, uuid7
from archivolt_host.orchestration.creation import CreateTenant
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.home import Home
from archivolt_host.tenants.recorded import RECORDED
from benchmarks.figures import Figure
from benchmarks.sides import PASSWORD

TRANSITION_GOAL, PAGE_GOAL, SWEEP_GOAL = 3.0, 20.0, 1.0
GUARDS_GOAL = 10.0  # microseconds: 100,000 a second and core
FEW, ROLES = 3, ("member",)
BATCH = 5000
PLUGINS = ("core_identity", "core_audit", "core_workflow")
SIZES = {"transitions": 300, "tasks": 100_000, "timers": 1_000_000, "due": 10_000}
SMALL = {"transitions": 50, "tasks": 2000, "timers": 20_000, "due": 200}

TWO = {
    "key": "ping",
    "title": "Ping",
    "start": "a",
    "nodes": {
        "a": {
            "kind": "state",
            "transitions": {
                "next": {"to": "b", "guard": "instance.creator == actor.id"},
                "late": {"to": "b", "after": "1w"},
            },
        },
        "b": {
            "kind": "state",
            "transitions": {"next": {"to": "a"}, "end": {"to": "z"}},
        },
        "z": {"kind": "end"},
    },
}
PLAIN = {
    "key": "plain",
    "title": "Plain",
    "start": "a",
    "nodes": {
        "a": {"kind": "state", "transitions": {"on": {"to": "b"}}},
        "b": {"kind": "state", "transitions": {"on": {"to": "a"}, "end": {"to": "z"}}},
        "z": {"kind": "end"},
    },
}


class Workflows:
    """A tenant with workflows, in a home of its own."""

    def __init__(self, folder: Path, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes
        self.host = _opened(folder)
        CreateTenant("demo", placement="sqlite", admin="admin", password=PASSWORD).run()
        self.tenant: Tenant = self.host.catalog.get("demo")
        with context.acting(self.tenant), reading():
            self.admin = hooks.first("find_actor", who="admin")
        self.published = {}
        with self.writing():
            for source in (PLAIN, TWO):
                row = definitions.publish(definitions.save(source))
                self.published[row.key] = row.id

    @contextmanager
    def writing(self) -> Iterator[sessions.UnitOfWork]:
        """Be the admin, in one transaction."""
        with context.acting(self.tenant, self.admin), transaction() as work:
            yield work

    def figures(self) -> Iterator[Figure]:
        """Measure one after the other."""
        yield guards()
        yield self.transition()
        yield from self.lists()
        yield from self.sweep()

    def transition(self) -> Figure:
        """Compare a transition with the transaction that it could be at least."""
        with self.writing():
            one = logic.start("plain")
        count = self.sizes["transitions"]
        rounds = []
        for _ in range(5):
            bare = timed(lambda: self._bare(one.id), count)
            whole = timed(lambda: self._event(one.id), count)
            rounds.append((whole, bare))
        wall, cpu = (
            statistics.median(whole[n] / bare[n] for whole, bare in rounds)
            for n in (0, 1)
        )
        pairs = ", ".join(f"{w[1] * 1e3:.2f} / {b[1] * 1e3:.2f}" for w, b in rounds)
        detail = f"of the processor {cpu:.2f} x: {pairs} ms"
        title = "a transition, over its bare transaction"
        return Figure(title, wall, TRANSITION_GOAL, "x", detail)

    def _event(self, id: UUID) -> None:
        with self.writing():
            logic.happen(id, "on")

    def _bare(self, id: UUID) -> None:
        with self.writing() as work:
            for statement, values in bare_statements(id):
                work.connection.execute(statement, values)

    def lists(self) -> Iterator[Figure]:
        """Ask for the first page of a long inbox, and for the few tasks of a member."""
        with self.writing():
            one = logic.start("plain")
            hooks.call("ensure_user", username="bob", password=PASSWORD, roles=ROLES)
        fill_inbox(self, one, self.sizes["tasks"])
        admin, bob = self._client("admin"), self._client("bob")
        for number in range(FEW):
            bob.post("/vault/tasks", json={"title": f"Task {number}"})
        yield self._page(admin, "an inbox page", "/vault/inbox", 50)
        yield self._page(bob, "a member's own few", "/vault/tasks?state=open", FEW)

    def _client(self, user: str) -> FlaskClient:
        client = create_app(self.host).test_client()
        client.environ_base["HTTP_ORG"] = "demo"
        sent = {"username": user, "password": PASSWORD}
        token = client.post("/vault/auth/token", json=sent).json["access"]
        client.environ_base["HTTP_AUTHORIZATION"] = f"JWT {token}"
        return client

    def _page(self, client: FlaskClient, what: str, path: str, rows: int) -> Figure:
        spans, cpu = [], 0.0
        for number in range(210):
            began, spent = time.perf_counter(), time.process_time()
            answer = client.get(path)
            spans.append(time.perf_counter() - began)
            cpu += time.process_time() - spent if number >= 10 else 0
            assert len(answer.json["items"]) == rows, answer.text
        p95 = sorted(spans[10:])[189] * 1e3
        title = f"{what} among {self.sizes['tasks']:,} tasks, p95"
        median = statistics.median(spans[10:]) * 1e3
        detail = f"median {median:.1f} ms, of the processor {cpu / 200 * 1e3:.1f} ms"
        return Figure(title, p95, PAGE_GOAL, "ms", detail)

    def sweep(self) -> Iterator[Figure]:
        """Find what is due among very many timers, then fire some of it."""
        with self.writing():
            one = logic.start("plain")
        due, rest = self.sizes["due"], self.sizes["timers"]
        self._fill_timers(one.id, rest, timedelta(days=30))
        self._fill_timers(one.id, due, timedelta(days=-1))
        began = time.perf_counter()
        with context.acting(self.tenant, self.admin), reading():
            found = timers.due(now(), due + 1)
        took = time.perf_counter() - began
        assert len(found) == due
        yield Figure(f"a sweep of {rest:,} timers, {due:,} due", took, SWEEP_GOAL, "s")
        yield self._firing(found)

    def _fill_timers(self, id: UUID, count: int, ahead: timedelta) -> None:
        began = now() + ahead
        for first in range(0, count, BATCH):
            with self.writing():
                timers.bulk_create(
                    {
                        "instance_id": id,
                        "token": 99,
                        "kind": "transition",
                        "name": "late",
                        "fire_at": began + timedelta(milliseconds=first + number),
                    }
                    for number in range(min(BATCH, count - first))
                )

    def _firing(self, stale: list[Any]) -> Figure:
        """Fire timers of instances that wait; those of the sweep wait for nothing."""
        with self.writing():
            timers.bulk_delete([timer.id for timer in stale])
        count = self.sizes["transitions"]
        for _ in range(count):
            with self.writing():
                logic.start("ping")
        with self.writing():
            earliest = now() - timedelta(hours=1)
            ids = [i.id for i in instances.running_of("ping", None, count, None)]
            table = timers._table
            change = table.update().where(table.c.instance_id.in_(ids))
            sessions.connection().execute(change.values(fire_at=earliest))
        began = time.perf_counter()
        with context.acting(self.tenant), acting_as(None):
            fired = later.fire_timers.run()
        took = (time.perf_counter() - began) / count * 1e3
        assert fired == count, fired
        return Figure("  and firing one of them", took, 100.0, "ms")


def _opened(folder: Path) -> Host:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR)
    )
    named = "".join(f"[plugins.{name}]\n" for name in PLUGINS)
    enabled = ", ".join(f'"{name}"' for name in PLUGINS)
    manifest = folder / "manifest.toml"
    folder.mkdir(parents=True, exist_ok=True)
    manifest.write_text(f"[host]\n{named}[defaults]\nenabled = [{enabled}]\n")
    host = open_host(Home(folder).prepare(), manifest)
    prepare_catalog_database(host)
    return host


def timed(run: Callable[[], object], count: int) -> tuple[float, float]:
    """Return the seconds that one of many runs takes: of the wall, of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        run()
    spans = time.perf_counter() - wall, time.process_time() - cpu
    return spans[0] / count, spans[1] / count


def guards() -> Figure:
    """Evaluate three comparisons over two facts, on one core."""
    schema = {"properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
    facts = facts_for("none", schema)
    guard = facts.condition("data.amount > 0 && data.amount < 10 && actor.name == 'a'")
    known = {"data.amount": 5, "actor.name": "a", "actor.id": "x", "item": None}
    count, began = 100_000, time.process_time()
    for _ in range(count):
        assert guard.holds(known)
    took = (time.process_time() - began) / count * 1e6
    detail = f"{1e6 / took:,.0f} a second and core"
    return Figure("a guard of three comparisons", took, GUARDS_GOAL, "us", detail)


def bare_statements(id: UUID) -> list[tuple[Any, dict[str, Any]]]:
    """Return what a transition writes at least, as statements made before."""
    moment, actor = now(), context.actor()
    event = {
        "id": uuid7(),
        "instance_id": id,
        "number": -uuid7().int % 2**31 - 2**31,
        "name": "on",
        "source": "a",
        "target": "b",
        "actor": actor.id,
        "created_at": moment,
    }
    entry = {
        "id": uuid7(),
        "at": moment,
        "actor": actor.id,
        "actor_name": actor.name,
        "action": "ON",
        "kind": "workflow.instance",
        "object": str(id),
        "address": "",
        "user_agent": "",
        "request_id": "",
    }
    return [
        (READ, {"of": id}),
        (UPDATE, {"of": id, "moment": moment}),
        (EVENT, event),
        (ENTRY, entry),
    ]


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


def _recorded(statement: Any) -> Any:
    return statement.execution_options(**{RECORDED: True})


def _bind(name: str, column: Any) -> Any:
    from sqlalchemy import bindparam

    return bindparam(name, type_=column.type)


INSTANCE = _table(Instance)
MINE = INSTANCE.c.id == _bind("of", INSTANCE.c.id)
READ = INSTANCE.select().where(MINE)
UPDATE = _recorded(
    INSTANCE.update()
    .where(MINE)
    .values(
        updated_at=_bind("moment", INSTANCE.c.updated_at),
        marking=INSTANCE.c.marking,
    )
)
EVENT, ENTRY = _recorded(_table(Event).insert()), _recorded(_table(Entry).insert())


def fill_inbox(here: Workflows, instance: Any, count: int) -> None:
    """Make open tasks: half for a role, the rest for users, one in a hundred ours."""
    task, candidate = _table(Task), _table(Candidate)
    mine = f"user:{here.admin.id}"
    for first in range(0, count, BATCH):
        rows, seats = [], []
        for number in range(first, min(first + BATCH, count)):
            other = "role:owner" if number % 2 else f"user:{UUID(int=number)}"
            subject = mine if number % 100 == 0 else other
            row = tasks._sql.complete(
                {
                    "instance_id": instance.id,
                    "token": number + 1000,
                    "key": "plain",
                    "node": "a",
                    "title": f"Task {number}",
                    "subjects": [subject],
                    "about": "none",
                    "due_at": now() + timedelta(seconds=number * 7919 % count),
                }
            )
            rows.append(row)
            due = row["due_at"] or NEVER
            seats.append({"subject": subject, "task_id": row["id"], "due_at": due})
        with here.writing() as work:
            work.connection.execute(task.insert(), rows)
            work.connection.execute(candidate.insert(), seats)
