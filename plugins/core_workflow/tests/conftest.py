"""What the tests of workflows share: people, and what is refused to them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from archivolt_core_workflow.instances.models import Timer
from archivolt_host.jobs.models import JobRow


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
