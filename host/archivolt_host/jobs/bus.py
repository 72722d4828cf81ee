"""Puts jobs into the tenant's database, inside the transaction that needs them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from archivolt_host.errors import NotFoundError
from archivolt_host.jobs import carrying, rings, wake
from archivolt_host.jobs.models import LIVE, QUEUED, GroupRow, JobRow
from archivolt_host.jobs.registry import Job, jobs
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7
from archivolt_host.tenants.work import UnitOfWork
from archivolt_host.written import refuse_unwritable

TABLE: Table = JobRow.__table__  # type: ignore[assignment]
GROUP: Table = GroupRow.__table__  # type: ignore[assignment]
LONGEST_KEY = 200

INSERT = TABLE.insert()
INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
UNLESS_STANDING = {
    name: insert(TABLE)
    .on_conflict_do_nothing(index_elements=["unique_key"], index_where=text(LIVE))
    .execution_options(preserve_rowcount=True)
    for name, insert in INSERTS.items()
}
STANDING = select(TABLE.c.id).where(TABLE.c.unique_key == bindparam("key"), text(LIVE))
GROW = (
    GROUP.update()
    .where(GROUP.c.id == bindparam("of_group"))
    .values(
        total=GROUP.c.total + bindparam("more"),
        pending=GROUP.c.pending + bindparam("more"),
    )
)


def enqueue(
    job: Job,
    *,
    delay: timedelta | None = None,
    unique: str | None = None,
    priority: int | None = None,
    group: UUID | None = None,
    **arguments: Any,
) -> UUID:
    """Have a job done after the commit; return its id.

    Without a tenant, or with anything but JSON for arguments, this is an error. While
    a job with the same ``unique`` key waits or runs, its id is returned instead.
    """
    row = _rows(job, [arguments], delay, priority, group)[0]
    work = sessions.unit()
    row["unique_key"] = unique or (_own_key(row) if job.unique else None)
    if row["unique_key"] is None:
        work.connection.execute(INSERT, row)
    elif standing := _insert_unless_standing(work.connection, row):
        return standing
    if group is not None:
        grow(work.connection, group, 1)
    announce(work, row["queue"], delay)
    id: UUID = row["id"]
    return id


def enqueue_many(
    job: Job,
    arguments: Iterable[Mapping[str, Any]],
    *,
    delay: timedelta | None = None,
    priority: int | None = None,
    group: UUID | None = None,
) -> list[UUID]:
    """Have a job done once for each of many arguments, in one statement."""
    if job.unique:
        options: dict[str, Any] = {"delay": delay, "priority": priority, "group": group}
        return [enqueue(job, **options, **one) for one in arguments]
    rows = _rows(job, list(arguments), delay, priority, group)
    if rows:
        work = sessions.unit()
        work.connection.execute(INSERT, rows)
        if group is not None:
            grow(work.connection, group, len(rows))
        announce(work, rows[0]["queue"], delay)
    return [row["id"] for row in rows]


def _rows(
    job: Job,
    many: Sequence[Mapping[str, Any]],
    delay: timedelta | None,
    priority: int | None,
    group: UUID | None,
) -> list[dict[str, Any]]:
    for one in many:
        job.check(one)
    moment, carried = now(), carrying.pack()
    common = {
        "name": job.name,
        "queue": jobs().queue(job.queue),
        "carried": carried,
        "status": QUEUED,
        "priority": job.priority if priority is None else priority,
        "run_at": moment + delay if delay else moment,
        "attempts": 0,
        "max_attempts": job.retries + 1,
        "fence": 0,
        "unique_key": None,
        "group_id": group,
        "actor_id": UUID(carried["actor"]["id"]),
        "created_at": moment,
    }
    return [{"id": uuid7(), "arguments": plain(job.name, a), **common} for a in many]


def plain(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as JSON: UUIDs become text, objects are refused."""
    found = {k: str(v) if isinstance(v, UUID) else v for k, v in arguments.items()}
    refuse_unwritable(f"{name} takes ids and other JSON values, not objects", found)
    return found


def _own_key(row: Mapping[str, Any]) -> str:
    """Return the key of a job that is unique by its arguments."""
    written = json.dumps(row["arguments"], sort_keys=True)
    key = f"{row['name']}:{written}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"{row['name']}:{hashlib.sha256(written.encode()).hexdigest()}"


def _insert_unless_standing(
    connection: Connection, row: Mapping[str, Any]
) -> UUID | None:
    """Insert a job with a key, or return the one that stands for it already."""
    if len(row["unique_key"]) > LONGEST_KEY:
        raise ValueError(f"A unique key has at most {LONGEST_KEY} characters.")
    insert = UNLESS_STANDING[connection.dialect.name]
    while connection.execute(insert, row).rowcount == 0:
        key = {"key": row["unique_key"]}
        standing: UUID | None = connection.scalar(STANDING, key)
        if standing is not None:
            return standing
    return None


def grow(connection: Connection, group: UUID, more: int) -> None:
    """Add to the number of jobs that a group waits for."""
    done = connection.execute(GROW, {"of_group": group, "more": more})
    if done.rowcount != 1:
        raise NotFoundError("Group of jobs", group)


def announce(work: UnitOfWork, queue: str, delay: timedelta | None = None) -> None:
    """Have a worker look at a queue after the commit, and the relay in any case."""
    tenant = context.tenant()
    work.before_commit(lambda: wake.heat(tenant.id))
    if not delay:
        work.after_commit(lambda: rings.bell().ring(tenant.slug, queue))


def get(id: UUID) -> JobRow:
    """Return a job of the current tenant, or raise NotFoundError."""
    row = sessions.session().get(JobRow, id)
    if row is None:
        raise NotFoundError("Job", id)
    return row
