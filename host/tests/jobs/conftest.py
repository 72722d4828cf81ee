import pytest
from sqlalchemy import text

from archivolt_host.jobs import bus
from archivolt_host.jobs.registry import jobs
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
