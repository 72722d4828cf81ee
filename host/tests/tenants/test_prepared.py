"""Prepared statements do what the engine does, but sooner."""

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from archivolt_host.jobs.models import JobRow
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import Base
from archivolt_host.tenants.ids import uuid7
from archivolt_host.tenants.prepared import Prepared
from archivolt_host.tenants.recorded import UnrecordedWriteError

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.placements,
]
JOB = JobRow.__table__
NOTE_OF = text("SELECT text FROM notes_note ORDER BY text")


@pytest.fixture(autouse=True)
def here(notes, tenant):
    with context.acting(tenant):
        yield


@pytest.fixture
def note():
    return Base.metadata.tables["notes_note"]


@pytest.fixture
def job(run_jobs):
    """Return a row with ids, times and JSON in it."""
    from archivolt_host.jobs import bus
    from archivolt_host.jobs.registry import jobs

    with sessions.transaction():
        bus.enqueue(jobs().get("notes.write_later"), text="café")
    run_jobs()
    with sessions.reading() as work:
        return work.connection.execute(select(JOB)).one()


def test_rows_are_written_and_read_as_by_the_engine(job):
    add = Prepared(insert(JOB))
    find = Prepared(select(JOB).where(JOB.c.id == bindparam("id")))
    values = {**job._mapping, "id": uuid7()}
    with sessions.transaction() as work:
        add.run(work.connection, values)
    with sessions.reading() as work:
        found = find.first(work.connection, {"id": values["id"]})
        assert found._asdict() == values
        by_engine = work.connection.execute(find.statement, {"id": values["id"]})
        assert tuple(by_engine.one()) == tuple(found)
        assert find.first(work.connection, {"id": uuid7()}) is None


def test_what_is_fixed_in_it_stays_and_what_it_returns_comes_back(note):
    add = Prepared(insert(note).returning(note.c.text))
    first = Prepared(select(note.c.text).where(note.c.text != "b").limit(1))
    change = Prepared(
        update(note).where(note.c.text == bindparam("old")).values(text="changed")
    )
    with sessions.transaction() as work:
        for letter in "ba":
            values = {"id": uuid7(), "text": letter}
            assert add.first(work.connection, values).text == letter
        assert [row.text for row in first.all(work.connection, {})] == ["a"]
        assert change.run(work.connection, {"old": "a"}) == 1
        assert change.run(work.connection, {"old": "a"}) == 0
        assert work.connection.scalars(NOTE_OF).all() == ["b", "changed"]


def test_many_rows_go_in_at_once_or_not_at_all(note):
    add = Prepared(insert(note))
    rows = [{"id": uuid7(), "text": letter} for letter in "abc"]
    with sessions.transaction() as work:
        add.run_many(work.connection, rows)
    again = [{"id": uuid7(), "text": letter} for letter in "da"]
    with pytest.raises(IntegrityError), sessions.transaction() as work:
        add.run_many(work.connection, again)
    with pytest.raises(IntegrityError), sessions.transaction() as work:
        add.run(work.connection, again[1])
    with sessions.reading() as work:
        assert work.connection.scalars(NOTE_OF).all() == ["a", "b", "c"]


def test_whoever_looks_at_statements_sees_it_and_may_refuse(query_count, note):
    users = Base.metadata.tables["identity_user"]
    silently = Prepared(update(users).values(username=bindparam("name")))
    with query_count() as asked:
        with sessions.reading() as work:
            Prepared(select(note)).all(work.connection, {})
        with pytest.raises(UnrecordedWriteError), sessions.transaction() as work:
            silently.run(work.connection, {"name": "nobody saw it"})
    assert [statement[:6] for statement in asked.statements][:1] == ["SELECT"]


@pytest.mark.placements("sqlite")
def test_values_that_do_not_fit_are_refused(note):
    add = Prepared(insert(note))
    by_text = Prepared(select(note).where(note.c.text == bindparam("wanted")))
    several = Prepared(select(note).where(note.c.text.in_(["a", "b"])))
    with sessions.transaction() as work:
        add.run(work.connection, {"id": uuid7(), "text": "a"})
        with pytest.raises(TypeError, match="2 values, not 3"):
            add.run(work.connection, {"id": uuid7(), "text": "b", "more": 1})
        with pytest.raises(TypeError, match="a value for wanted"):
            by_text.all(work.connection, {})
        with pytest.raises(TypeError, match="not to be prepared"):
            several.all(work.connection, {})
