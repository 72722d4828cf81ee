"""What the tests of workflows share: people, and what is refused to them."""

import random
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from archivolt_core_workflow.instances.models import Timer
from archivolt_host.jobs.models import JobRow
from archivolt_host.kit import hooks
from archivolt_host.tenants import context, sessions


class Builder:
    """Builds sound definitions: blocks in blocks, as people draw them.

    With ``people`` some of the states are tasks and votes, and time leads on from some.
    """

    def __init__(self, chance, people=()):
        self.chance, self.nodes = chance, {"z": {"kind": "end"}}
        self.people = list(people)

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
        if self.people and self.chance.random() < 0.7:
            return getattr(self, self.chance.choice(["task", "vote", "timed"]))(to)
        exclusive = {"exclusive": "room"} if self.chance.random() < 0.2 else {}
        return self.add(kind="state", to=to, **exclusive)

    def task(self, to):
        ways = {"next": {"to": to}}
        if self.chance.random() < 0.5:
            ways["late"] = {"to": to, "after": "2h"}
        return self.add(kind="task", assign={"users": self.people}, transitions=ways)

    def vote(self, to):
        return self.add(
            kind="task",
            assign={"users": self.people[:2]},
            quorum={"need": 2, "yes": "yes", "no": "no"},
            escalate=[{"after": "1h", "assign": {"users": self.people[2:]}}],
            transitions={"yes": {"to": to}, "no": {"to": to}},
        )

    def timed(self, to):
        ways = {"on": {"to": to}, "late": {"to": to, "after": "1h"}}
        return self.add(kind="state", transitions=ways)

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


@pytest.fixture(scope="session")
def drawn():
    """Return a random definition that is sound, as a source: one for each seed."""

    def draw(seed, key="t", people=(), depth=3):
        builder = Builder(random.Random(seed), people)
        start = builder.block("z", depth)
        data = {"properties": {"n": {"type": "integer"}}, "required": ["n"]}
        return {
            "key": key, "title": "T", "start": start, "data": data,
            "nodes": builder.nodes,
        }  # fmt: skip

    return draw


@pytest.fixture
def people(tenant, client_as):
    """Return clients by user name, made when first asked for."""
    known = {}

    def get(name):
        if name not in known:
            known[name] = client_as(name, tenant)
        return known[name]

    return get


@pytest.fixture
def as_admin(tenant, people):
    """Be the admin in a transaction of one's own."""

    @contextmanager
    def work():
        people("admin")
        with context.acting(tenant), sessions.reading():
            admin = hooks.first("find_actor", who="admin")
        with context.acting(tenant, admin), sessions.transaction() as unit:
            yield unit

    return work


@pytest.fixture
def id_of(people):
    """Return the id of a user."""
    return lambda name: people(name).get("/vault/me").json["id"]


@pytest.fixture
def refused():
    """Assert a problem document with a sentence, and return it."""

    def check(answer, status, words=""):
        assert answer.status_code == status, answer.text
        assert answer.content_type == "application/problem+json"
        problem = answer.json
        assert problem["status"] == status
        assert problem["detail"][-1] in ".)"
        assert words in problem["detail"]
        assert "Traceback" not in answer.text
        return problem

    return check


@pytest.fixture
def publish(people):
    """Save and publish a definition, after the people it names have come."""

    def make(source, by="admin"):
        client = people(by)
        for node in source["nodes"].values():
            for user in node.get("assign", {}).get("users", ()):
                people(user)
        made = client.post("/vault/workflow/definitions", json=source)
        assert made.status_code == 201, made.text
        path = f"/vault/workflow/definitions/{made.json['id']}"
        published = client.post(f"{path}/publish")
        assert published.status_code == 200, published.text
        return published.json

    return make


@pytest.fixture
def start(people):
    """Start an instance."""

    def begin(key, by="admin", **values):
        sent = {"definition": key, **values}
        made = people(by).post("/vault/workflow/instances", json=sent)
        assert made.status_code == 201, made.text
        return made.json

    return begin


@pytest.fixture
def inbox(people):
    """Return the open tasks of somebody, by node."""

    def look(name, query=""):
        answer = people(name).get(f"/vault/inbox{query}")
        assert answer.status_code == 200, answer.text
        return {task["node"]: task for task in answer.json["items"]}

    return look


@pytest.fixture
def decide(people, inbox):
    """Decide on the open task at a node."""

    def go(name, node, decision, status=200, **values):
        task = inbox(name)[node]
        path = f"/vault/tasks/{task['id']}/decide"
        answer = people(name).post(path, json={"decision": decision, **values})
        assert answer.status_code == status, answer.text
        return answer.json

    return go


@pytest.fixture
def history(people):
    """Return the names of what happened to an instance."""

    def read(instance, by="admin"):
        path = f"/vault/workflow/instances/{instance['id']}/history?limit=200"
        return [event["name"] for event in people(by).get(path).json["items"]]

    return read


@pytest.fixture
def pass_time(tenant, in_tenant):
    """Let time pass for all timers and jobs."""

    def move(**span):
        with in_tenant(tenant) as work:
            for model, column in ((Timer, "fire_at"), (JobRow, "run_at")):
                table = model.__table__
                waiting = table.c[column].is_not(None)
                rows = work.connection.execute(
                    select(table.c.id, table.c[column]).where(waiting)
                )
                for id, at in rows.all():
                    earlier = {column: at - timedelta(**span)}
                    change = table.update().where(table.c.id == id)
                    work.connection.execute(change.values(earlier))

    return move


@pytest.fixture
def fast_forward(tenant, pass_time, run_jobs):
    """Let time pass, and run what has become due."""

    def move(**span):
        pass_time(**span)
        return run_jobs(tenant)

    return move


@pytest.fixture
def upload(people):
    """Upload a document and return its id."""

    def send(text=b"A contract.", by="admin"):
        headers = {
            "Content-Type": "text/plain",
            "Content-Disposition": 'attachment; filename="contract.txt"',
        }
        answer = people(by).post("/vault/documents", data=text, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json["id"]

    return send
