"""Writers of one SQLite file queue up, in threads and in processes."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError

from archivolt_host.tenants import sessions, sqlite
from archivolt_host.tenants.context import SqlitePlace

THREADS, TIMES = 8, 50


@pytest.fixture
def counter(tmp_path, host):
    path = tmp_path / "counter.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE counter (n INTEGER NOT NULL)")
        connection.execute("INSERT INTO counter VALUES (0)")
    connection.close()
    return SqlitePlace(path)


def add_one(place):
    with sessions.working(place, write=True) as work:
        connection = work.session.connection()
        n = connection.exec_driver_sql("SELECT n FROM counter").scalar_one()
        connection.exec_driver_sql(f"UPDATE counter SET n = {n + 1}")


def add_many(place):
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: add_one(place), range(THREADS * TIMES)))


def count(place):
    with sessions.working(place, write=False) as work:
        query = work.session.connection().exec_driver_sql("SELECT n FROM counter")
        return query.scalar_one()


def write_many(pipe, place):
    pipe.send("ready")
    add_many(place)
    pipe.send("done")


def hold(pipe, place):
    work = sessions.UnitOfWork(place, write=True)
    work.session.connection().exec_driver_sql("UPDATE counter SET n = 1000")
    pipe.send("held")
    pipe.recv()


def test_writers_in_threads_and_processes_queue_and_lose_nothing(counter, in_child):
    pipe, _ = in_child(write_many, counter)
    assert pipe.recv() == "ready"
    add_many(counter)
    assert pipe.recv() == "done"
    assert count(counter) == 2 * THREADS * TIMES


def test_a_killed_writer_frees_the_queue_and_its_work_is_undone(counter, in_child):
    pipe, child = in_child(hold, counter)
    assert pipe.recv() == "held"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(add_one, counter)
        assert not waiting.done()
        child.kill()
        waiting.result(timeout=10)
    assert count(counter) == 1


def test_readers_do_not_wait_for_a_writer(counter):
    with sessions.working(counter, write=True) as work:
        work.session.connection().exec_driver_sql("UPDATE counter SET n = 5")
        assert count(counter) == 0
    assert count(counter) == 5


def test_who_waits_too_long_for_a_turn_is_told_so(counter, monkeypatch):
    monkeypatch.setattr(sqlite, "QUEUE_SECONDS", 0.05)
    with sessions.working(counter, write=True) as work:
        work.session.connection()
        with (
            ThreadPoolExecutor(1) as pool,
            pytest.raises(sqlite.UnavailableError, match="Too many writes"),
        ):
            pool.submit(add_one, counter).result()


def test_a_program_outside_of_the_queue_cannot_write_in_between(counter):
    with sessions.working(counter, write=True) as work:
        _ = work.session
        stranger = sqlite3.connect(counter.path, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            stranger.execute("UPDATE counter SET n = 7")
        stranger.close()
        work.session.connection().exec_driver_sql("UPDATE counter SET n = 5")
    assert count(counter) == 5


def test_who_reads_cannot_write_even_after_a_writer_was_here(counter):
    for _ in range(2):
        add_one(counter)
        with (
            sessions.working(counter, write=False) as work,
            pytest.raises(OperationalError, match="readonly database"),
        ):
            work.connection.exec_driver_sql("UPDATE counter SET n = 7")
    assert count(counter) == 2


def test_what_was_prepared_stays_prepared_between_reads_and_writes(counter):
    """Only opening a file runs a PRAGMA: any other expires what was prepared."""
    seen = {}
    for write in (True, False):
        with sessions.working(counter, write=write) as work:
            raw = work.connection.connection.dbapi_connection
            raw.set_trace_callback(seen.setdefault(raw, []).append)
    add_one(counter)
    assert count(counter) == 1
    assert [words[1] for words in seen.values()] == ["BEGIN IMMEDIATE", "BEGIN"]
    assert "PRAGMA" not in str(seen.values())


def test_a_transaction_that_cannot_begin_is_a_database_error(counter, monkeypatch):
    monkeypatch.setattr(sqlite, "PRAGMAS", ("PRAGMA busy_timeout=0",))
    stranger = sqlite3.connect(counter.path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        add_one(counter)
    stranger.close()
    add_one(counter)
    assert count(counter) == 1
