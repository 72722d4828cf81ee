"""What people do with jobs: look at them, cancel them, have them tried again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.exc import IntegrityError

from archivolt_host.errors import DeniedError, NotFoundError, RefusedError
from archivolt_host.jobs import bus, groups
from archivolt_host.jobs.models import (
    CANCELLED,
    DONE,
    FAILED,
    NOT_DONE,
    QUEUED,
    RUNNING,
    JobRow,
)
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now

READ, MANAGE = "jobs.read", "jobs.manage"
RESUME = "host.resume_run"
OF_A_RUN = (
    "This job goes on with a run of several steps, which would be left half done. "
    "Cancel that: POST /vault/runs/{run}/cancel, or archivolt runs cancel {run} "
    "-t {slug}"
)
CHANGE = bus.TABLE.update()


def visible() -> Select[JobRow]:
    """Return the query for the jobs that the caller may see."""
    query = select(JobRow)
    if dispatch.allowed(READ):
        return query
    return query.where(JobRow.actor_id == context.actor().id)


def in_status(query: Select[JobRow], status: str) -> Select[JobRow]:
    """Narrow a query to a status; an index holds all that are not done."""
    found = query.where(JobRow.status == status)
    return found if status == DONE else found.where(text(NOT_DONE))


def newest(
    limit: int, *, status: str | None = None, queue: str | None = None
) -> Sequence[JobRow]:
    """Return the newest jobs that the caller may see."""
    query = in_status(visible(), status) if status else visible()
    if queue is not None:
        query = query.where(JobRow.queue == queue)
    query = query.order_by(JobRow.id.desc()).limit(limit)
    return sessions.session().scalars(query).all()


def get(id: UUID) -> JobRow:
    """Return a job that the caller may see, or raise NotFoundError."""
    query = visible().where(JobRow.id == id)
    found = sessions.session().scalars(query).one_or_none()
    if found is None:
        raise NotFoundError("Job", id)
    return found


def _own(id: UUID) -> JobRow:
    """Return a job that the caller may change: their own, or any with the right to."""
    row = get(id)
    if row.actor_id != context.actor().id and not dispatch.allowed(MANAGE):
        raise DeniedError(f"This needs the permission {MANAGE}.")
    return row


def cancel(id: UUID) -> JobRow:
    """Cancel a job: one that waits at once, one that runs at its next commit."""
    row = _own(id)
    _refuse_of_a_run(row)
    gone = {"status": CANCELLED, "finished_at": now(), "lease_until": None}
    live = bus.TABLE.c.status.in_((QUEUED, RUNNING))
    if not _change(id, live, gone):
        raise RefusedError(f"The job is {row.status} already.")
    if row.group_id is not None:
        groups.count_down(sessions.connection(), row.group_id, failed=True)
    return _again(row)


def _refuse_of_a_run(row: JobRow) -> None:
    if row.name == RESUME and row.status in (QUEUED, RUNNING):
        facts = {"run": row.arguments["run"], "slug": context.tenant().slug}
        raise RefusedError(OF_A_RUN.format(**facts))


def retry(id: UUID) -> JobRow:
    """Have a job that failed or was cancelled tried again, with all its attempts."""
    row = _own(id)
    ended = bus.TABLE.c.status.in_((FAILED, CANCELLED))
    anew = {
        "status": QUEUED,
        "run_at": now(),
        "attempts": 0,
        "finished_at": None,
        "progress": None,
        "problem": None,
    }
    try:
        is_changed = _change(id, ended, anew)
    except IntegrityError as error:
        raise RefusedError("A job with the same key waits or runs already.") from error
    if not is_changed:
        raise RefusedError(f"The job is {row.status}: only failed ones are retried.")
    if row.group_id is not None:
        bus.grow(sessions.connection(), row.group_id, 1)
    bus.announce(sessions.unit(), row.queue)
    return _again(row)


def held(problem: str) -> Sequence[UUID]:
    """Return the jobs that were cancelled for this reason, the oldest first."""
    query = select(JobRow.id).where(JobRow.problem == problem)
    query = query.where(JobRow.status == CANCELLED).order_by(JobRow.id)
    return sessions.session().scalars(query).all()


def _change(id: UUID, condition: Any, values: dict[str, Any]) -> bool:
    change = CHANGE.where(bus.TABLE.c.id == id, condition).values(values)
    return bool(sessions.connection().execute(change).rowcount)


def _again(row: JobRow) -> JobRow:
    sessions.session().refresh(row)
    return row
