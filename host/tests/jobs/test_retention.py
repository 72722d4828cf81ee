"""What is over is forgotten in time; what waits is not, however old."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from archivolt_host.housekeeping import forget_jobs
from archivolt_host.jobs import claims, events, lanes, positions, retention, running
from archivolt_host.jobs.event_models import EventRow, SubscriberRow
from archivolt_host.jobs.models import JobRow
from archivolt_host.jobs.registry import jobs
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7

pytestmark = [
    pytest.mark.plugins("core_identity", "notes"),
    pytest.mark.placements,
    pytest.mark.manifest(host={"keep_done_jobs": "2d", "keep_history": "10d"}),
]


def forget(what):
    with sessions.transaction():
        return getattr(retention, f"forget_{what}")()


def age(days):
    """Let everything have happened so many days ago."""
    ago = now() - timedelta(days=days)
    job = JobRow.__table__
    with sessions.transaction() as work:
        for column in (job.c.created_at, job.c.run_at, job.c.finished_at):
            change = job.update().where(column.is_not(None))
            work.connection.execute(change.values({column.name: ago}))
        work.connection.execute(update(EventRow).values(at=ago))


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (1, {"done", "failed", "cancelled", "queued", "running"}),
        (3, {"failed", "queued", "running"}),
        (11, {"queued", "running"}),
    ],
)
def test_jobs_that_have_ended_are_forgotten_and_no_others(
    enqueue, here, row, days, left
):
    ids = [enqueue(words=status) for status in sorted(JOBS)]
    with sessions.transaction() as work:
        for id, status in zip(ids, sorted(JOBS), strict=True):
            ended = now() if status in ENDED else None
            change = update(JobRow).where(JobRow.id == id)
            work.connection.execute(change.values(status=status, finished_at=ended))
    age(days)
    assert forget("jobs") == len(JOBS - left)
    with sessions.reading() as work:
        assert set(work.session.scalars(select(JobRow.status))) == left
    assert forget("jobs") == 0


ENDED = {"done", "failed", "cancelled"}
JOBS = {*ENDED, "queued", "running"}


def test_the_attempts_of_a_job_go_with_it(enqueue, here, let_pass):
    id = enqueue("fail_later")
    for _ in range(2):
        let_pass()
        [claimed] = claims.claim("high")
        running.run(here, jobs().get(claimed.name), claimed)
    age(11)
    with sessions.reading():
        assert len(claims.attempts_of(id)) == 2
    assert forget("jobs") == 1
    with sessions.reading():
        assert claims.attempts_of(id) == []


@pytest.fixture
def told():
    """Tell news of three objects, twice of each; return the objects."""
    objects = [uuid7() for _ in range(3)]
    for _ in range(2):
        with sessions.transaction():
            for one in objects:
                events.tell("role_granted", grant_id=one)
    with sessions.transaction() as work:
        positions._give(work.connection)
        last = work.connection.scalar(positions.LAST)
        work.connection.execute(update(SubscriberRow).values(position=last))
    age(11)
    return [str(one) for one in objects]


def left():
    with sessions.reading() as work:
        query = select(EventRow.object).where(EventRow.hook == "role_granted")
        return list(work.session.scalars(query.order_by(EventRow.position)))


def test_news_that_a_plugin_has_not_heard_is_kept(told):
    with sessions.transaction() as work:
        first = work.session.scalars(select(EventRow).order_by(EventRow.number)).all()
        own = [e for e in first if e.object in told]
        slow = {"plugin": "slow", "position": own[1].position, "fence": 0}
        work.connection.execute(SubscriberRow.__table__.insert(), slow)
    forget("events")
    assert left() == [told[2], *told]


def test_a_parked_lane_keeps_the_news_of_its_object_and_no_other(told):
    with sessions.transaction() as work:
        query = select(EventRow.position).where(EventRow.object == told[1])
        position = work.session.scalars(query.order_by(EventRow.position)).first()
        lane = {
            "id": uuid7(),
            "plugin": "notes",
            "object": told[1],
            "position": position,
            "attempts": 8,
            "retry_at": None,
            "problem": "no luck",
            "since": now(),
        }
        work.connection.execute(lanes.LANE.insert(), lane)
    forget("events")
    assert left() == [told[1], told[1]]


def test_a_long_history_is_forgotten_in_portions(
    enqueue, here, run_jobs, monkeypatch, put
):
    monkeypatch.setattr(retention, "MOST", 3)
    for number in range(8):
        enqueue(words=f"{number}")
    run_jobs()
    age(3)
    put(forget_jobs)
    run_jobs()
    with sessions.reading() as work:
        found = select(JobRow.name).where(JobRow.name == "notes.write_later")
        assert work.session.scalars(found).all() == []
