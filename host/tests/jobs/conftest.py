from itertools import count

import pytest
from sqlalchemy import text

from archivolt_host.jobs import bus
from archivolt_host.jobs.registry import Job, jobs
from archivolt_host.tenants import context, sessions


@pytest.fixture(autouse=True)
def here(notes, tenant):
    """Work in the tenant, with the plugin ``notes`` installed."""
    with context.acting(tenant):
        yield tenant


@pytest.fixture
def enqueue():
    """Enqueue a job of the plugin ``notes`` in a transaction of its own."""

    def put(name="write_later", words="later", **options):
        job = jobs().get(f"notes.{name}")
        with sessions.transaction():
            return bus.enqueue(job, text=words, **options)

    return put


@pytest.fixture
def make_job(monkeypatch):
    """Make a job of a function; its name is its own."""
    numbers = count()

    def make(function, **options):
        made = Job(f"notes.made_{next(numbers)}", function, plugin="notes", **options)
        monkeypatch.setitem(jobs()._jobs, made.name, made)
        return made

    return make


@pytest.fixture
def put():
    """Enqueue any job in a transaction of its own."""

    def put(job, **options):
        with sessions.transaction():
            return bus.enqueue(job, **options)

    return put


@pytest.fixture
def write_note():
    """Write a note in the transaction under way."""

    def write(words):
        from archivolt_host.tenants.ids import uuid7

        insert = text("INSERT INTO notes_note (id, text) VALUES (:id, :text)")
        sessions.connection().execute(insert, {"id": uuid7().hex, "text": words})

    return write


@pytest.fixture
def row():
    """Read a job as it stands."""

    def read(id):
        with sessions.reading():
            return bus.get(id)

    return read


@pytest.fixture
def texts():
    """Read what the notes say."""

    def read():
        with sessions.reading() as work:
            query = text("SELECT text FROM notes_note ORDER BY text")
            return list(work.session.scalars(query))

    return read


@pytest.fixture
def let_pass():
    """Let the time pass that jobs wait for, or that a lease lasts."""

    def let(column="run_at"):
        with sessions.transaction() as work:
            change = f"UPDATE host_job SET {column} = created_at"
            work.session.execute(text(f"{change} WHERE {column} IS NOT NULL"))

    return let
