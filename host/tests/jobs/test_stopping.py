"""Workers side by side; one that stands still, and one that is asked to end."""

import os
import signal

import pytest

from archivolt_host.jobs import rings, worker
from archivolt_host.jobs.registry import QUEUES
from archivolt_host.tenants import context

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]

PATIENCE = 60.0  # seconds


@pytest.fixture
def make_waiting(make_job, write_note):
    """Make a job that, in a child, says when it begins and waits to be told to go on.

    It writes a note of who ran it.
    """
    ours = os.getpid()

    def make(words="in the child", **options):
        def note():
            if os.getpid() != ours:
                pipe.send("begun")
                pipe.recv()
            write_note("here" if os.getpid() == ours else words)

        return make_job(note, **options)

    return make


pipe = None  # of the child, in the child


def work_once(theirs, tenant):
    """Run one job as a worker does."""
    global pipe
    pipe = theirs
    with context.acting(tenant):
        worker.run_next(tenant, "medium")


def work(theirs, url):
    """Be a worker until SIGTERM."""
    global pipe
    pipe = theirs
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    worker.work(url, QUEUES)


def test_a_second_worker_works_beside_the_first(
    here, in_child, make_waiting, put, row, texts
):
    """Neither job ends before both have begun: one worker could not do them."""
    ids = [put(make_waiting(words)) for words in ("one", "two")]
    workers = [in_child(work_once, here) for _ in ids]
    assert all(pipe.poll(PATIENCE) for pipe, _ in workers)
    assert {row(id).status for id in ids} == {"running"}
    for pipe, child in workers:
        pipe.send("go on")
        child.join(PATIENCE)
        assert child.exitcode == 0
    assert {row(id).status for id in ids} == {"done"}
    assert texts() == ["one", "two"]


@pytest.mark.parametrize("short", [False, True], ids=["alone", "together"])
def test_a_worker_that_wakes_after_its_lease_commits_nothing(
    here, in_child, make_waiting, put, let_pass, row, texts, short
):
    id = put(make_waiting(short=short))
    pipe, child = in_child(work_once, here)
    assert pipe.poll(PATIENCE)
    os.kill(child.pid, signal.SIGSTOP)
    let_pass("lease_until")
    assert worker.run_next(here, "medium")
    assert texts() == ["here"]
    pipe.send("go on")
    os.kill(child.pid, signal.SIGCONT)
    child.join(PATIENCE)
    assert child.exitcode == 0
    assert texts() == ["here"]
    assert (row(id).status, row(id).attempts) == ("done", 2)


def test_a_worker_asked_to_end_finishes_its_job_and_gives_back_the_others(
    valkey, in_child, make_waiting, put, row, texts
):
    job = make_waiting()
    ids = [put(job) for _ in range(4)]
    pipe, child = in_child(work, valkey)
    assert pipe.poll(PATIENCE)
    assert {row(id).status for id in ids} == {"running"}  # a batch, claimed as a whole
    os.kill(child.pid, signal.SIGTERM)
    pipe.send("go on")
    child.join(PATIENCE)
    assert child.exitcode == 0
    assert texts() == ["in the child"]
    assert [row(id).status for id in ids] == ["done", *["queued"] * 3]
    assert {(r.attempts, r.lease_until) for r in map(row, ids[1:])} == {(0, None)}
    with rings.connect(valkey) as connection:
        assert connection.exists(rings.key("acme", "medium"))  # for another worker
