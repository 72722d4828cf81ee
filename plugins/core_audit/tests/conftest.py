"""A tenant with documents and a journal."""

import io

import pytest
from sqlalchemy import text

from archivolt_host.tenants import context, sessions


@pytest.fixture
def owner(client_as, tenant):
    return client_as("admin")


@pytest.fixture
def upload(owner):
    def send(title="A title", content=b"Some words.", **values):
        file = (io.BytesIO(content), f"{title}.txt")
        sent = {"file": file, "title": title, **values}
        answer = owner.post("/vault/documents", data=sent)
        assert answer.status_code == 201, answer.text
        return answer.json

    return send


@pytest.fixture
def journal(owner):
    """Read the journal through the API: ``journal(action=...)``."""

    def read(**filters):
        answer = owner.get("/vault/journal", query_string={"limit": 200, **filters})
        assert answer.status_code == 200, answer.text
        return answer.json["items"]

    return read


@pytest.fixture
def sql(tenant):
    """Run SQL in the tenant's database, as the tenant."""

    def run(statement, **values):
        with context.acting(tenant), sessions.transaction() as work:
            done = work.connection.execute(text(statement), values)
            return done.all() if done.returns_rows else done.rowcount

    return run
