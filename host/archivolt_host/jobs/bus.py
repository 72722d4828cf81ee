"""Puts jobs into the tenant's database, inside the transaction that needs them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select, text

from archivolt_host.errors import NotFoundError
from archivolt_host.jobs import rings, wake
from archivolt_host.jobs.models import LIVE, JobRow
from archivolt_host.jobs.registry import Job
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7

TABLE: Table = JobRow.__table__  # type: ignore[assignment]
INSERT = TABLE.insert()


def enqueue(
    job: Job,
    *,
    delay: timedelta | None = None,
    unique: str | None = None,
    **arguments: Any,
) -> UUID:
    """Have a job done after the commit; return its id.

    Without a tenant, or with anything but JSON for arguments, this is an error. While
    a job with the same ``unique`` key waits or runs, its id is returned instead.
    """
    values = _values(job, arguments, now() + (delay or timedelta()), unique)
    work = sessions.unit()
    if unique is not None and (standing := _standing(unique)):
        return standing
    work.connection.execute(INSERT, values)
    tenant = context.tenant()
    work.before_commit(lambda: wake.heat(tenant.id))
    if delay is None:
        work.after_commit(lambda: rings.bell().ring(tenant.slug, job.queue))
    id: UUID = values["id"]
    return id


def _values(
    job: Job, arguments: dict[str, Any], run_at: datetime, unique: str | None
) -> dict[str, Any]:
    actor = context.actor_or_none() or context.system_actor(context.tenant().slug)
    return {
        "id": uuid7(),
        "name": job.name,
        "queue": job.queue,
        "arguments": _plain(job, arguments),
        "max_attempts": job.retries + 1,
        "run_at": run_at,
        "unique_key": unique,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "actor_roles": sorted(actor.roles),
        "request_id": context.request_id(),
    }


def _plain(job: Job, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as JSON: UUIDs become text, objects are refused."""
    plain = {k: str(v) if isinstance(v, UUID) else v for k, v in arguments.items()}
    try:
        json.dumps(plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{job.name} takes ids and other JSON values, not objects: {error}"
        ) from error
    return plain


def _standing(unique: str) -> UUID | None:
    standing: UUID | None = sessions.connection().scalar(
        select(TABLE.c.id).where(TABLE.c.unique_key == unique, text(LIVE))
    )
    return standing


def get(id: UUID) -> JobRow:
    """Return a job of the current tenant, or raise NotFoundError."""
    row = sessions.session().get(JobRow, id)
    if row is None:
        raise NotFoundError("Job", id)
    return row


def latest(limit: int) -> Sequence[JobRow]:
    """Return the newest jobs of the current tenant."""
    query = select(JobRow).order_by(JobRow.id.desc()).limit(limit)
    return sessions.session().scalars(query).all()


def set_progress(id: UUID, progress: float) -> None:
    """Note how far a job has come, from 0 to 1, in a transaction of its own."""
    with sessions.transaction() as work:
        row = work.session.get(JobRow, id)
        if row is not None:
            row.progress = progress
