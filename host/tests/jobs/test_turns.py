"""A turn at a worker: batches, short jobs together, and nothing waits for the slow."""

import signal
import threading
import time

import pytest

from archivolt_host.jobs import bus, claims, turns
from archivolt_host.jobs.turns import Turn
from archivolt_host.tenants import context, sessions

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]

FAILURE = RuntimeError("a job's own bug")


@pytest.fixture
def write_or_fail(write_note):
    def write(words):
        write_note(words)
        if words == "bad":
            raise FAILURE

    return write


def drain(tenant, seconds=20.0):
    return Turn(tenant, "medium").take(lambda: False, seconds)


def test_many_jobs_are_enqueued_and_claimed_in_batches(
    here, make_job, write_note, texts, query_count
):
    job = make_job(lambda words: write_note(words), short=True)
    words = [f"{n:03}" for n in range(120)]
    with sessions.transaction(), query_count() as asked:
        ids = bus.enqueue_many(job, [{"words": w} for w in words])
    assert len(ids) == 120
    assert len(asked) <= 2
    with query_count() as asked:
        assert drain(here) == (120, False)
    assert texts() == words
    claimed = [s for s in asked.statements if s.lstrip().startswith("WITH chosen")]
    assert len(claimed) < 15


def test_short_jobs_share_a_commit_and_fail_alone(
    here, make_job, put, write_or_fail, texts, row
):
    job = make_job(write_or_fail, short=True)
    ids = [put(job, words=words) for words in ("a", "bad", "b")]
    drain(here)
    assert texts() == ["a", "b"]
    assert [row(id).status for id in ids] == ["done", "queued", "done"]
    assert row(ids[1]).problem == "RuntimeError: a job's own bug"


def test_who_lost_one_short_job_commits_the_others_only(
    here, make_job, put, write_note, texts, row
):
    job = make_job(lambda words: write_note(words), short=True)
    ids = [put(job, words=words) for words in ("a", "b")]
    turn, rows = Turn(here, "medium"), claims.claim("medium", 2)
    with sessions.transaction() as work:  # another worker takes one over
        taken = bus.TABLE.update().where(bus.TABLE.c.id == ids[1])
        work.connection.execute(taken.values(fence=99))
    for one in rows:
        turn._together.run(job, one)
    turn._together.commit()
    assert texts() == ["a"]
    assert [row(id).status for id in ids] == ["done", "running"]


def test_jobs_that_leave_nothing_are_marked_at_the_end(here, make_job, put, row):
    job = make_job(lambda: {"answer": 42})
    ids = [put(job) for _ in range(3)]
    drain(here)
    assert [(row(i).status, row(i).result) for i in ids] == [
        ("done", {"answer": 42})
    ] * 3


def test_what_waits_behind_a_slow_job_is_given_to_others(
    here, make_job, put, monkeypatch, eventually
):
    monkeypatch.setattr(turns, "LONG", 0.05)
    monkeypatch.setattr(turns, "LOOK_EVERY", 0.05)
    go_on, began, ran = threading.Event(), threading.Event(), []

    def slow():
        began.set()
        go_on.wait(20)

    put(make_job(slow))
    quick = make_job(lambda: ran.append(threading.current_thread().name))
    for _ in range(3):
        put(quick)

    def work(name):
        with context.acting(here):
            drain(here)

    first = threading.Thread(target=work, args=("one",), name="one")
    first.start()
    began.wait(20)
    other = threading.Thread(
        target=lambda: eventually(lambda: work("two") or len(ran) == 3), name="two"
    )
    other.start()
    other.join(20)
    assert ran == ["two"] * 3
    go_on.set()
    first.join(20)


def test_a_turn_ends_when_its_time_is_up(here, make_job, put, row):
    job = make_job(lambda: time.sleep(0.05))
    ids = [put(job) for _ in range(5)]
    done, is_more = drain(here, seconds=0.06)
    assert (done < 5, is_more) == (True, True)
    left = [row(id) for id in ids[done:]]
    assert {(one.status, one.attempts) for one in left} == {("queued", 0)}


def test_a_stopping_worker_finishes_the_job_under_way_and_gives_back_the_rest(
    here, make_job, put, row
):
    stopping = threading.Event()
    job = make_job(stopping.set)
    ids = [put(job) for _ in range(3)]
    assert Turn(here, "medium").take(stopping.is_set, 20.0)[0] == 1
    assert [row(id).status for id in ids] == ["done", "queued", "queued"]


def test_a_job_that_takes_too_long_is_interrupted(here, make_job, put, row):
    id = put(make_job(lambda: time.sleep(20), timeout=0.05, retries=0))
    drain(here)
    assert row(id).status == "failed"
    assert "longer than 0.05 seconds" in row(id).problem


@pytest.fixture
def deaf():
    """Let what is forked hear neither the alarm nor the signal to end."""
    deaf_to = {signal.SIGALRM, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, deaf_to)
    yield
    signal.pthread_sigmask(signal.SIG_UNBLOCK, deaf_to)


@pytest.mark.usefixtures("deaf")
def test_a_forked_job_that_takes_too_long_is_killed(
    here, make_job, put, row, monkeypatch
):
    monkeypatch.setattr("archivolt_host.jobs.running.GRACE", 0.1)
    stubborn = make_job(lambda: time.sleep(60), timeout=0.1, retries=0, queue="bulk")
    id = put(stubborn)
    Turn(here, "bulk").take(lambda: False, 20.0)
    assert row(id).status == "failed"
    assert "ended with status 9" in row(id).problem
