"""The unit of work: begun late, ended once, and what runs around its end."""

import pytest
from sqlalchemy import text

from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.ids import uuid7

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.placements,
]


class RefusedForTestError(Exception):
    pass


@pytest.fixture(autouse=True)
def here(notes, tenant):
    with context.acting(tenant):
        yield


def write(words):
    values = {"id": uuid7().hex, "words": words}
    insert = text("INSERT INTO notes_note (id, text) VALUES (:id, :words)")
    sessions.session().execute(insert, values)


def texts():
    with sessions.reading() as work:
        query = text("SELECT text FROM notes_note ORDER BY text")
        return work.session.scalars(query).all()


def fail(_=None):
    raise RefusedForTestError


def test_a_transaction_begins_with_the_first_use_of_its_session(query_count):
    with query_count() as asked, sessions.transaction() as work:
        assert not work.began
    assert len(asked) == 0
    with sessions.transaction() as work:
        write("one")
        assert work.began
    assert texts() == ["one"]


def test_an_unused_write_holds_up_nobody():
    with sessions.transaction(), sessions.transaction():
        write("inner")
    assert texts() == ["inner"]


def test_an_error_undoes_the_work():
    with pytest.raises(RefusedForTestError), sessions.transaction():
        write("lost")
        fail()
    assert texts() == []


def test_what_waits_for_the_commit_runs_once_after_it():
    ran = []
    with sessions.transaction() as work:
        write("one")
        work.after_commit(lambda: ran.append(texts()))
        work.after_rollback(lambda: ran.append("rolled back"))
        assert ran == []
    assert ran == [["one"]]


def test_what_survives_a_refusal_runs_once_in_a_transaction_of_its_own():
    ran = []

    def note():
        ran.append("note")
        write("noted")

    with pytest.raises(RefusedForTestError), sessions.transaction() as work:
        write("lost")
        work.after_rollback(note)
        work.after_commit(lambda: ran.append("committed"))
        fail()
    assert ran == ["note"]
    assert texts() == ["noted"]


def test_a_failure_after_the_commit_is_no_rollback():
    ran = []
    with sessions.transaction() as work:
        write("kept")
        work.after_commit(fail)
        work.after_commit(lambda: ran.append("next"))
        work.after_rollback(lambda: ran.append("rolled back"))
    assert ran == ["next"]
    assert texts() == ["kept"]


def test_one_failing_afterthought_does_not_hide_the_error_or_the_next():
    ran = []
    with pytest.raises(RefusedForTestError), sessions.transaction() as work:
        write("lost")
        work.after_rollback(lambda: 1 / 0)
        work.after_rollback(lambda: ran.append("next"))
        fail()
    assert ran == ["next"]


def test_what_comes_before_the_commit_may_still_refuse_it():
    ran = []
    with pytest.raises(RefusedForTestError), sessions.transaction() as work:
        write("lost")
        work.before_commit(fail)
        work.after_rollback(lambda: ran.append("rolled back"))
    assert ran == ["rolled back"]
    assert texts() == []


def test_what_comes_before_the_commit_belongs_to_it():
    with sessions.transaction() as work:
        write("one")
        work.before_commit(lambda: write("two"))
    assert texts() == ["one", "two"]


def test_a_transaction_inside_an_open_write_is_an_error():
    with sessions.transaction():
        write("outer")
        inner = sessions.transaction()
        with pytest.raises(RuntimeError, match="inside an open write"), inner:
            pass
    assert texts() == ["outer"]


def test_reading_inside_a_write_sees_what_was_there_before():
    with sessions.transaction():
        write("outer")
        assert texts() == []
    assert texts() == ["outer"]


def test_a_savepoint_undoes_only_its_own_writes():
    with sessions.transaction() as work:
        write("before")
        with pytest.raises(RefusedForTestError), work.savepoint():
            write("lost")
            fail()
        with work.savepoint():
            write("after")
    assert texts() == ["after", "before"]


def test_a_savepoint_inside_a_savepoint_undoes_only_its_own_writes():
    with sessions.transaction() as work, work.savepoint():
        with pytest.raises(RefusedForTestError), work.savepoint():
            write("lost")
            fail()
        write("kept")
    assert texts() == ["kept"]


def test_a_broken_statement_in_a_savepoint_spoils_nothing_else():
    with sessions.transaction() as work:
        write("before")
        with pytest.raises(Exception, match="nothing_here"), work.savepoint():
            work.session.execute(text("SELECT * FROM nothing_here"))
        write("after")
    assert texts() == ["after", "before"]


def test_a_savepoint_that_uses_no_session_costs_nothing(query_count):
    with query_count() as asked, sessions.transaction() as work:
        with work.savepoint():
            pass
        assert not work.began
    assert len(asked) == 0
