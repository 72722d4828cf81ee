"""How long the host remembers what is over: jobs, groups, news and ticks."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Table, delete, func, select

from archivolt_host.jobs.event_models import EventRow, LaneRow, SubscriberRow
from archivolt_host.jobs.models import CANCELLED, DONE, FAILED, GroupRow, JobRow
from archivolt_host.jobs.schedule_models import TickRow
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

MOST = 10_000  # rows of each at a time, so that no writer waits long

_done_kept, _kept = timedelta(days=7), timedelta(days=30)


def bind(done: float, history: float) -> None:
    """Keep jobs that are done, and failures, news and ticks, for so many seconds."""
    global _done_kept, _kept
    _done_kept, _kept = timedelta(seconds=done), timedelta(seconds=history)


def forget_jobs() -> int:
    """Delete jobs that ended long ago, failed ones later; what waits is kept."""
    moment = now()
    done = JobRow.status.in_((DONE, CANCELLED))
    failed = JobRow.status == FAILED
    return _delete(
        JobRow.id, done & (JobRow.finished_at < moment - _done_kept)
    ) + _delete(JobRow.id, failed & (JobRow.finished_at < moment - _kept))


def forget_groups() -> int:
    """Delete groups that ended long ago, and whose jobs can be tried again no more."""
    is_empty = ~select(JobRow.id).where(JobRow.group_id == GroupRow.id).exists()
    return _delete(GroupRow.id, (GroupRow.ended_at < now() - _kept) & is_empty)


def forget_events() -> int:
    """Delete old news that every plugin has heard."""
    long_ago = EventRow.at < now() - _kept
    return _delete(EventRow.number, long_ago & _heard_by_all())


def forget_ticks() -> int:
    """Delete the times at which schedules were due long ago."""
    return _delete(TickRow.id, TickRow.fire_at < now() - _kept)


def _heard_by_all() -> Any:
    """Return the condition for news that nobody waits for, in a lane or before it."""
    least_heard = select(func.min(SubscriberRow.position)).scalar_subquery()
    in_lane = select(LaneRow.id).where(
        LaneRow.object == EventRow.object, LaneRow.position <= EventRow.position
    )
    return (EventRow.position <= least_heard) & ~in_lane.exists()


def _delete(key: Any, condition: Any) -> int:
    table: Table = key.class_.__table__
    old = select(key).where(condition).limit(MOST)
    done = sessions.connection().execute(delete(table).where(key.in_(old)))
    return int(done.rowcount)
