"""Duties: those that are due together are one job, each noted and failing by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from archivolt_hookspecs.registration import Schedule
from archivolt_host.jobs import claims, runnable, schedules
from archivolt_host.jobs.models import JobRow
from archivolt_host.jobs.schedule_models import ScheduleRow
from archivolt_host.plugins import overrides
from archivolt_host.tenants import context, sessions

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]
HOUR = 3600


@pytest.fixture
def duties(host, here, make_job, monkeypatch, write_note):
    """Three duties: two of every hour, one of every day; ``problems`` make one fail."""
    problems = {}

    def do(name):
        def deed():
            write_note(name)
            if name in problems:
                raise problems[name]
            return name

        return deed

    rhythms = {"first": HOUR, "second": HOUR, "daily": 24 * HOUR}
    jobs = {name: make_job(do(name), queue="low") for name in rhythms}
    found = [
        ("notes", Schedule(name, jobs[name], every=every, shared=True))
        for name, every in rhythms.items()
    ]
    monkeypatch.setitem(host.registry.__dict__, "schedules", found)
    runnable.bind(())
    schedules.sync(here)
    return problems


def rows():
    with sessions.reading() as work:
        query = select(ScheduleRow).where(ScheduleRow.source == "notes")
        return {row.name: row for row in work.session.scalars(query)}


def make_due(here, *names):
    """Let the time come for some duties, and tick."""
    table = ScheduleRow.__table__
    with sessions.transaction() as work:
        for name in names:
            row = work.session.scalars(select(ScheduleRow).filter_by(name=name)).one()
            past = row.next_at - timedelta(seconds=row.every + 1)
            when = {"next_at": past, "last_at": past, "created_at": past}
            change = update(table).where(table.c.id == row.id)
            work.connection.execute(change.values(when))
    return schedules.tick(here)


def test_what_is_due_together_is_one_job(here, duties, run_jobs, texts):
    assert make_due(here, "first", "second") == 1
    assert schedules.tick(here) == 0
    [visit] = run_jobs()
    assert visit.result == {"notes.first": "first", "notes.second": "second"}
    assert texts() == ["first", "second"]
    done = rows()
    assert done["first"].last_at is not None
    assert done["second"].last_at is not None
    assert done["daily"].last_at is None
    assert done["first"].next_at == done["second"].next_at


def test_intervals_of_a_tenant_fall_together_and_of_two_do_not(
    here, duties, make_tenant
):
    mine = rows()
    assert mine["first"].next_at == mine["second"].next_at
    gap = mine["daily"].next_at - mine["first"].next_at
    assert gap % timedelta(hours=1) == timedelta()
    other = make_tenant("other")
    with context.acting(other):
        schedules.sync(other)
        assert rows()["first"].next_at != mine["first"].next_at


def test_one_that_fails_stops_no_other_and_says_why(here, duties, run_jobs, texts):
    duties["first"] = OSError("no disk")
    make_due(here, "first", "second")
    [visit] = run_jobs()
    assert visit.status == "done"
    assert visit.result == {"notes.first": "OSError: no disk", "notes.second": "second"}
    assert texts() == ["second"]  # what the first one wrote is undone
    assert rows()["first"].problem == "OSError: no disk"
    duties.clear()
    make_due(here, "first")
    run_jobs()
    assert rows()["first"].problem is None


def test_a_visit_that_is_lost_goes_on_where_it_ended(here, duties, run_jobs, texts):
    duties["second"] = claims.LeaseLostError("paused for too long")
    make_due(here, "first", "second")
    run_jobs()
    assert texts() == ["first"]
    duties.clear()
    with sessions.transaction() as work:
        again = {"status": "queued", "lease_until": None}
        work.connection.execute(update(JobRow).values(again))
    run_jobs()
    assert texts() == ["first", "second"]  # the first is not done again


def test_who_is_switched_off_does_nothing(host, here, duties, run_jobs, texts, put):
    with sessions.transaction() as work:
        off = update(ScheduleRow).where(ScheduleRow.name == "first")
        work.connection.execute(off.values(enabled=False))
    make_due(here, "first", "second")
    run_jobs()
    assert texts() == ["second"]
    overrides.write(here.slug, "notes", {"enabled": False}, "test")
    host.catalog.refresh(force=True)
    make_due(here, "second")
    assert [job.result for job in run_jobs()] in ([], [{}])
    assert texts() == ["second"]
