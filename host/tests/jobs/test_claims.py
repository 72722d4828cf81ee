"""Lease, fence and retries: a job has one owner, and its failure is kept."""

import pytest
from sqlalchemy import text

from archivolt_host.jobs import claims, running
from archivolt_host.jobs.registry import jobs
from archivolt_host.tenants import sessions

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]


def test_a_claimed_job_is_not_claimed_again(enqueue):
    enqueue()
    assert len(claims.claim("medium")) == 1
    assert claims.claim("medium") == ()


def test_the_queues_are_apart(enqueue):
    enqueue()
    assert claims.claim("high") == ()


def test_who_lost_the_lease_cannot_commit(enqueue, let_pass, here, texts, row):
    id = enqueue()
    [slow] = claims.claim("medium")
    let_pass("lease_until")
    [quick] = claims.claim("medium")
    assert (slow.id, quick.fence) == (quick.id, slow.fence + 1)
    running.run(here, jobs().get(slow.name), slow)
    assert texts() == []
    assert row(id).status == "running"
    running.run(here, jobs().get(quick.name), quick)
    assert texts() == ["later"]
    running.run(here, jobs().get(slow.name), slow)
    assert texts() == ["later"]
    assert (row(id).status, row(id).attempts) == ("done", 2)


def test_who_lost_the_lease_commits_no_inner_transaction_either(
    enqueue, let_pass, here, texts
):
    enqueue()
    [slow] = claims.claim("medium")
    let_pass("lease_until")
    claims.claim("medium")
    insert = text("INSERT INTO notes_note (id, text) VALUES (:id, 'inner')")
    with (
        pytest.raises(claims.LeaseLostError),
        sessions.guarded(here.place, claims.Fence(slow)),
        sessions.transaction() as work,
    ):
        work.session.execute(insert, {"id": slow.id.hex})
    assert texts() == []


def test_a_failure_undoes_the_job_and_is_kept(enqueue, run_jobs, texts, row):
    id = enqueue("fail_later")
    [tried] = run_jobs()
    assert (tried.status, tried.attempts) == ("queued", 1)
    assert tried.problem == "RuntimeError: no luck"
    assert tried.run_at > tried.created_at
    assert texts() == []
    assert run_jobs() == []
    assert row(id).finished_at is None


def test_after_the_last_attempt_it_has_failed(enqueue, run_jobs, let_pass, row):
    id = enqueue("fail_later")
    run_jobs()
    let_pass()
    [tried] = run_jobs()
    assert (tried.status, tried.attempts) == ("failed", 2)
    assert row(id).finished_at is not None
    let_pass()
    assert run_jobs() == []


def test_what_could_not_be_stored_as_a_result_is_a_failure(
    enqueue, run_jobs, monkeypatch
):
    found = jobs().get("notes.write_later")
    odd = type(found)(found.name, lambda text: object(), plugin="notes")
    monkeypatch.setitem(jobs()._jobs, found.name, odd)
    enqueue()
    [tried] = run_jobs()
    assert tried.status == "queued"
    assert "JSON serializable" in tried.problem


def test_a_job_nobody_knows_any_more_waits_and_says_so(enqueue, run_jobs, row):
    id = enqueue()
    with sessions.transaction() as work:
        work.session.execute(text("UPDATE host_job SET name = 'notes.gone'"))
    [tried] = run_jobs()
    assert (tried.status, tried.attempts) == ("queued", 0)
    assert "not loaded" in row(id).problem


def test_a_long_job_in_a_process_of_its_own_is_done(enqueue, run_jobs, texts):
    with sessions.transaction() as work:
        pass
    enqueue()
    with sessions.transaction() as work:
        work.session.execute(text("UPDATE host_job SET queue = 'bulk'"))
    assert [job.status for job in run_jobs()] == ["done"]
    assert texts() == ["later"]
