"""A run is taken up by a job; whatever becomes of that, the run is not forgotten."""

import threading

import pytest
from sqlalchemy import update

from archivolt_host.jobs.models import JobRow
from archivolt_host.orchestration import inbox, patience, running
from archivolt_host.tenants import context, sessions

pytestmark = [pytest.mark.plugins("core_identity", "bank"), pytest.mark.placements]


@pytest.fixture
def started(bank):
    """Leave a run to the workers; return its id."""
    with sessions.transaction():
        return bank.Transfer("a", "b", 30).start()


def test_the_job_of_a_run_is_not_cancelled_but_the_run(
    started, client_as, is_problem, run_jobs, tenant, ask
):
    admin = client_as("admin")
    [job] = admin.get("/vault/jobs?name=host.resume_run").json["items"]
    refused = admin.post(f"/vault/jobs/{job['id']}/cancel")
    said = is_problem(refused, 409, "refused")["detail"]
    assert f"POST /vault/runs/{started}/cancel" in said
    assert f"archivolt runs cancel {started} -t {tenant.slug}" in said
    assert admin.post(f"/vault/runs/{started}/cancel").status_code == 202
    run_jobs()
    assert ask("SELECT status, cancelled_by FROM host_run") == [("undone", "admin")]
    again = admin.post(f"/vault/jobs/{job['id']}/cancel")
    assert is_problem(again, 409, "refused")["detail"] == "The job is done already."


def test_a_run_whose_first_job_came_to_nothing_is_taken_up_again(
    started, run_jobs, let_leases_end, ask
):
    with sessions.transaction() as work:
        lost = update(JobRow).where(JobRow.name == "host.resume_run")
        work.connection.execute(lost.values(status="failed"))
    let_leases_end()
    run_jobs()
    assert ask("SELECT status FROM host_run WHERE parent_id IS NULL") == [("done",)]


@pytest.fixture
def stuck(bank, run_jobs, let_leases_end, monkeypatch):
    """Have a run that got stuck, and whose jobs have ended; return its id."""
    monkeypatch.setattr(patience, "WAITS", (0.01,))
    with sessions.transaction():
        id = bank.Write(fails="3", undo_fails="2").start()
    run_jobs()
    let_leases_end()
    run_jobs()
    return id


def test_a_retry_pressed_while_its_job_ends_is_not_lost(
    stuck, bank, journal, tenant, run_jobs, let_leases_end, monkeypatch, ask
):
    pressed, resume = [], running.resume

    def press():
        monkeypatch.setattr(bank.Write, "undo_second", lambda run: run.take_back("x"))
        with context.acting(tenant), sessions.transaction():
            pressed.append(inbox.retry(journal, stuck))

    def passed_the_run(*arguments):
        found = resume(*arguments)
        if not pressed:
            person = threading.Thread(target=press)
            person.start()
            person.join(60)
        return found

    monkeypatch.setattr(running, "resume", passed_the_run)
    with sessions.transaction():
        inbox.retry(journal, stuck)
    run_jobs()
    let_leases_end()
    run_jobs()
    assert len(pressed) == 1
    assert ask("SELECT status FROM host_run") == [("undone",)]
