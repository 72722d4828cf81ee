"""Claims jobs by lease and fence: whoever lost the lease can no longer commit."""

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select, update
from sqlalchemy.orm import Session

from archivolt_host.jobs.models import JobRow
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

LEASE = timedelta(seconds=30)
BACKOFF = (1, 5, 30, 120, 600, 3600)  # seconds before the next attempt


class LeaseLostError(Exception):
    """Another worker has the job now; nothing of ours may be committed."""


def due(moment: datetime) -> object:
    """Return the condition for a job that may be claimed."""
    return or_(
        and_(JobRow.status == "queued", JobRow.run_at <= moment),
        and_(JobRow.status == "running", JobRow.lease_until < moment),
    )


def claim(queue: str) -> JobRow | None:
    """Take one job of a queue, or None when nothing is due."""
    moment = now()
    next_due = (
        select(JobRow.id)
        .where(JobRow.queue == queue, due(moment))  # type: ignore[arg-type]
        .order_by(JobRow.priority, JobRow.run_at, JobRow.id)
        .limit(1)
    )
    # Only a write may lock: PostgreSQL refuses FOR UPDATE in a reading transaction.
    chosen = next_due.with_for_update(skip_locked=True).scalar_subquery()
    with sessions.reading() as look:
        if look.session.scalar(next_due) is None:
            return None
    with sessions.transaction() as work:
        return work.session.scalar(
            update(JobRow)
            .where(JobRow.id == chosen)
            .values(
                status="running",
                lease_owner=owner(),
                lease_until=moment + LEASE,
                fence=JobRow.fence + 1,
                attempts=JobRow.attempts + 1,
                started_at=func.coalesce(JobRow.started_at, moment),
            )
            .returning(JobRow)
        )


def owner() -> str:
    """Return the name of this worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _held(connection: Connection, job: JobRow, **values: object) -> None:
    """Write to the job's row if it is still ours."""
    done = connection.execute(
        update(JobRow)
        .where(JobRow.id == job.id, JobRow.fence == job.fence)
        .where(JobRow.status == "running")
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:
        raise LeaseLostError(f"{job.name} {job.id} was taken over by another worker")


def hold(connection: Connection, job: JobRow) -> None:
    """Extend the lease inside a transaction, or raise LeaseLostError."""
    _held(connection, job, lease_until=now() + LEASE)


class Fence:
    """Lets writes of a job through while it is ours, and anybody's once it is done."""

    def __init__(self, job: JobRow) -> None:
        self._job = job
        self._lifted = False

    def __call__(self, connection: Connection) -> None:
        """Extend the lease, or raise LeaseLostError."""
        if not self._lifted:
            hold(connection, self._job)

    def lift(self) -> None:
        """Hold nothing back any more: the job's end is durable."""
        self._lifted = True


def finish(connection: Connection, job: JobRow, result: object) -> None:
    """Mark the job as done in the transaction that holds its effect."""
    _held(
        connection,
        job,
        status="done",
        result=result,
        progress=1.0,
        problem=None,
        lease_until=None,
        finished_at=now(),
    )


def fail(job: JobRow, problem: str) -> None:
    """Put the job back for another attempt, or among the failed ones."""
    last = job.attempts >= job.max_attempts
    wait = timedelta(seconds=BACKOFF[min(job.attempts, len(BACKOFF)) - 1])
    with sessions.transaction() as work:
        _held(
            work.connection,
            job,
            status="failed" if last else "queued",
            problem=problem[:2000],
            run_at=now() + wait,
            lease_until=None,
            finished_at=now() if last else None,
        )


def postpone(job: JobRow, wait: timedelta, reason: str) -> None:
    """Put the job back without counting the attempt."""
    with sessions.transaction() as work:
        _held(
            work.connection,
            job,
            status="queued",
            attempts=job.attempts - 1,
            run_at=now() + wait,
            problem=reason,
            lease_until=None,
        )


def next_due(session: Session) -> tuple[list[str], datetime | None]:
    """Return the queues that hold something due, and when the next thing will be."""
    moment = now()
    queues = session.scalars(
        select(JobRow.queue).where(due(moment)).distinct()  # type: ignore[arg-type]
    ).all()
    later = session.scalar(
        select(func.min(JobRow.run_at)).where(JobRow.status == "queued")
    )
    leased = session.scalar(
        select(func.min(JobRow.lease_until)).where(JobRow.status == "running")
    )
    return list(queues), min((t for t in (later, leased) if t), default=None)
