"""Jobs that are claimed together: what befalls one befalls no other."""

import os
import threading

import pytest

from archivolt_host.jobs import desk, turns
from archivolt_host.jobs.registry import jobs
from archivolt_host.jobs.turns import Turn
from archivolt_host.tenants import context, sessions, sqlite

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]


@pytest.fixture
def forget(monkeypatch):
    """Let a job be one of a plugin that is no longer there."""
    return lambda job: monkeypatch.delitem(jobs()._jobs, job.name)


def drain(tenant):
    return Turn(tenant, "medium").take(lambda: False, 20.0)


def test_a_job_of_a_plugin_that_is_gone_waits_behind_short_ones(
    here, make_job, put, write_note, texts, row, forget, monkeypatch
):
    monkeypatch.setattr(sqlite, "QUEUE_SECONDS", 1.0)
    short, gone = make_job(write_note, short=True), make_job(lambda: None)
    put(short, words="a")
    waiting = put(gone)
    put(short, words="b")
    forget(gone)
    assert drain(here) == (3, False)
    assert texts() == ["a", "b"]
    assert row(waiting).status == "queued"
    assert "not loaded here" in row(waiting).problem


def test_what_short_jobs_wrote_is_given_up_where_the_turn_breaks(
    here, make_job, put, write_note, texts, monkeypatch
):
    put(make_job(write_note, short=True), words="a")
    broken = make_job(lambda: None)
    put(broken)

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(turns.running, "run", fail)
    monkeypatch.setattr(turns.Together, "commit", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        drain(here)
    monkeypatch.undo()
    assert texts() == []
    put(make_job(write_note), words="the database is free")


def test_a_job_cancelled_behind_its_worker_ends_no_turn(
    here, make_job, put, row, forget
):
    gone, later = make_job(lambda: None), make_job(lambda: None)

    def cancel():
        with context.acting(here), sessions.transaction():
            desk.cancel(cancelled)

    def elsewhere():
        thread = threading.Thread(target=cancel)
        thread.start()
        thread.join()

    put(make_job(elsewhere))
    cancelled, last = put(gone), put(later)
    forget(gone)
    assert drain(here) == (3, False)
    assert (row(cancelled).status, row(last).status) == ("cancelled", "done")


def test_a_job_that_ends_its_process_takes_no_other_with_it_twice(
    here, make_job, put, row, let_pass
):
    poison = put(make_job(lambda: os._exit(9), retries=1))
    innocent = put(make_job(lambda: None, retries=0))
    for _ in range(8):
        sessions.databases().dispose()
        if (pid := os.fork()) == 0:
            drain(here)
            os._exit(0)
        os.waitpid(pid, 0)
        let_pass("lease_until")
    assert row(innocent).status == "done"
    assert row(poison).status == "failed"
    assert "was lost" in row(poison).problem


def test_many_that_are_tried_again_are_all_run(here, make_job, put, let_pass, row):
    failing = {"now": True}

    def sometimes():
        if failing["now"]:
            raise ValueError("not yet")

    job = make_job(sometimes)
    ids = [put(job) for _ in range(25)]
    while drain(here)[1]:
        pass
    failing["now"] = False
    let_pass()
    while drain(here)[1]:
        pass
    assert {row(id).status for id in ids} == {"done"}
    assert {row(id).attempts for id in ids} == {2}
