"""Claims jobs by lease and fence: whoever lost the lease can no longer commit."""

import os
import socket
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from archivolt_host.jobs.models import DONE, FAILED, QUEUED, RUNNING, JobRow
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

JOB: Table = JobRow.__table__  # type: ignore[assignment]
LEASE = timedelta(seconds=30)
BACKOFF = (1, 5, 30, 120, 600, 3600)  # seconds before the next attempt


class LeaseLostError(Exception):
    """Another worker has the job now; nothing of ours may be committed."""


def due(moment: object) -> ColumnElement[bool]:
    """Return the condition for a job that may be claimed."""
    return or_(
        and_(JOB.c.status == QUEUED, JOB.c.run_at <= moment),
        and_(JOB.c.status == RUNNING, JOB.c.lease_until < moment),
    )


# Made once: building them costs a worker more than running them.
MOMENT = bindparam("at_moment", type_=JOB.c.run_at.type)
NEXT_DUE = (
    select(JOB.c.id)
    .where(JOB.c.queue == bindparam("of_queue"), due(MOMENT))
    .order_by(JOB.c.priority, JOB.c.run_at, JOB.c.id)
    .limit(1)
)
# Only a write may lock: PostgreSQL refuses FOR UPDATE in a reading transaction.
CHOSEN = NEXT_DUE.with_for_update(skip_locked=True).scalar_subquery()
CLAIM = (
    JOB.update()
    .where(JOB.c.id == CHOSEN)
    .values(
        status=RUNNING,
        lease_owner=bindparam("for_owner"),
        lease_until=bindparam("until"),
        fence=JOB.c.fence + 1,
        attempts=JOB.c.attempts + 1,
        started_at=func.coalesce(JOB.c.started_at, MOMENT),
    )
    .returning(*JOB.c)
)


def claim(queue: str) -> JobRow | None:
    """Take one job of a queue, or None when nothing is due."""
    moment = now()
    wanted = {"of_queue": queue, "at_moment": moment}
    with sessions.reading() as look:
        if look.connection.scalar(NEXT_DUE, wanted) is None:
            return None
    lease = {"for_owner": owner(), "until": moment + LEASE}
    with sessions.transaction() as work:
        return cast(
            "JobRow | None", work.connection.execute(CLAIM, wanted | lease).first()
        )


def owner() -> str:
    """Return the name of this worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _held(connection: Connection, job: JobRow, **values: object) -> None:
    """Write to the job's row if it is still ours."""
    done = connection.execute(
        JOB.update()
        .where(JOB.c.id == job.id, JOB.c.fence == job.fence)
        .where(JOB.c.status == RUNNING)
        .values(**values)
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
        status=DONE,
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
            status=FAILED if last else QUEUED,
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
            status=QUEUED,
            attempts=job.attempts - 1,
            run_at=now() + wait,
            problem=reason,
            lease_until=None,
        )


def next_due(session: Session) -> tuple[list[str], datetime | None]:
    """Return the queues that hold something due, and when the next thing will be."""
    moment = now()
    queues = session.scalars(select(JobRow.queue).where(due(moment)).distinct()).all()
    later = session.scalar(
        select(func.min(JobRow.run_at)).where(JobRow.status == QUEUED)
    )
    leased = session.scalar(
        select(func.min(JobRow.lease_until)).where(JobRow.status == RUNNING)
    )
    return list(queues), min((t for t in (later, leased) if t), default=None)
