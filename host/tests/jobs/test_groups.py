"""Groups of jobs whose callback or members come to something unforeseen."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from archivolt_host.archives import holding
from archivolt_host.jobs import bus, desk, groups, retention
from archivolt_host.jobs.models import JobRow
from archivolt_host.jobs.registry import jobs
from archivolt_host.jobs.turns import Turn
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

pytestmark = [pytest.mark.plugins("core_identity", "notes"), pytest.mark.placements]


@pytest.fixture
def group():
    """Enqueue a group; return its id."""

    def put(members, then):
        with sessions.transaction():
            return groups.enqueue_group([(job, {}) for job in members], then)

    return put


def drain(tenant):
    while Turn(tenant, "medium").take(lambda: False, 20.0)[0]:
        pass


def members_of(group):
    with sessions.reading() as work:
        query = select(JobRow.id).where(JobRow.group_id == group).order_by(JobRow.id)
        return list(work.session.scalars(query))


def called_back(job):
    with sessions.reading() as work:
        return work.session.scalars(select(JobRow).where(JobRow.name == job.name)).all()


def test_a_callback_that_cannot_be_told_of_its_group_is_refused(group, make_job):
    deaf = make_job(lambda: None)
    with pytest.raises(TypeError, match="takes no group_id"):
        group([make_job(lambda: None)], deaf)


def test_a_callback_that_an_upgrade_took_away_waits_and_blocks_nobody(
    here, group, make_job, put, row, monkeypatch
):
    renamed = make_job(lambda group_id: None)
    made = group([make_job(lambda: None)], renamed)
    monkeypatch.delitem(jobs()._jobs, renamed.name)
    drain(here)
    after = put(make_job(lambda: None))
    drain(here)
    assert [row(id).status for id in members_of(made)] == ["done"]
    assert row(after).status == "done"
    [waiting] = called_back(renamed)
    assert waiting.status == "queued"
    assert "not loaded here" in waiting.problem


def test_a_callback_that_an_upgrade_made_deaf_fails_where_people_see_it(
    here, group, make_job, row, monkeypatch
):
    changed = make_job(lambda group_id: None, retries=0)
    made = group([make_job(lambda: None)], changed)
    deaf = replace(make_job(lambda: None, retries=0), name=changed.name)
    monkeypatch.setitem(jobs()._jobs, changed.name, deaf)
    drain(here)
    assert [row(id).status for id in members_of(made)] == ["done"]
    [failed] = called_back(changed)
    assert failed.status == "failed"
    assert "group_id" in failed.problem


def test_members_held_at_an_import_call_back_once_they_have_run(
    here, group, make_job, monkeypatch
):
    ran = []
    member = make_job(lambda: ran.append("member"))
    made = group([member, member], make_job(lambda group_id: ran.append("last")))
    theirs = bus.TABLE.c.name == member.name
    monkeypatch.setattr(holding, "_speaks", lambda: theirs)
    with sessions.transaction():
        holding.hold()
    drain(here)
    assert ran == []
    for id in members_of(made):
        with sessions.transaction():
            desk.retry(id)
    drain(here)
    assert ran == ["member", "member", "last"]


def test_a_group_is_kept_as_long_as_a_member_can_be_tried_again(
    here, group, make_job, row
):
    def fail():
        raise ValueError("no")

    made = group([make_job(fail, retries=0)], None)
    drain(here)
    [member] = members_of(made)
    long_ago = now() - timedelta(days=400)
    with sessions.transaction() as work:
        work.connection.execute(bus.GROUP.update().values(ended_at=long_ago))
        assert retention.forget_groups() == 0
    with sessions.transaction():
        desk.retry(member)
    drain(here)
    with sessions.transaction() as work:
        old = {"finished_at": long_ago}
        work.connection.execute(bus.TABLE.update().values(**old))
        work.connection.execute(bus.GROUP.update().values(ended_at=long_ago))
    with sessions.transaction():
        retention.forget_jobs()
        assert retention.forget_groups() == 1
