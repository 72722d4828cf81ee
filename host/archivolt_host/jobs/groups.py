"""Jobs that belong together: when the last of them has ended, another is enqueued."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, case, func

from archivolt_host.errors import NotFoundError
from archivolt_host.jobs import bus, carrying
from archivolt_host.jobs.models import GroupRow
from archivolt_host.jobs.registry import Job, jobs
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7

COUNT_DOWN = (
    bus.GROUP.update()
    .where(bus.GROUP.c.id == bindparam("of_group"))
    .values(
        pending=bus.GROUP.c.pending - 1,
        failed=bus.GROUP.c.failed + bindparam("one_failed"),
        ended_at=func.coalesce(
            bus.GROUP.c.ended_at,
            case(
                (
                    bus.GROUP.c.pending == 1,
                    bindparam("moment", type_=bus.GROUP.c.ended_at.type),
                ),
                else_=None,
            ),
        ),
    )
    .returning(*bus.GROUP.c)
)


def enqueue_group(
    members: Iterable[tuple[Job, Mapping[str, Any]]],
    then: Job | None = None,
    **arguments: Any,
) -> UUID:
    """Enqueue jobs as one group; return its id.

    When all have ended, well or not, ``then`` is enqueued with these arguments and
    the group's id as ``group_id``. A member may enqueue further members.
    """
    if then is not None:
        then.check({**arguments, "group_id": ""})
    group, members = uuid7(), list(members)
    work = sessions.unit()
    values = {
        "id": group,
        "total": 0,
        "pending": 0,
        "callback": then.name if then else None,
        "arguments": bus.plain("A group", arguments),
        "carried": carrying.pack(),
    }
    work.connection.execute(bus.GROUP.insert(), values)
    for job, sent in members:
        bus.enqueue(job, group=group, **sent)
    if not members:  # nobody will be the last
        bus.grow(work.connection, group, 1)
        count_down(work.connection, group, failed=False)
    return group


def count_down(connection: Connection, group: UUID, *, failed: bool) -> None:
    """Note that a member has ended; the last one has the callback enqueued.

    The group's row is locked until the commit, so that there is one last member.
    """
    moment = now()
    sent = {"of_group": group, "one_failed": int(failed), "moment": moment}
    row = connection.execute(COUNT_DOWN, sent).first()
    if row is not None and row.pending == 0 and row.ended_at == moment:
        _call_back(row)


def _call_back(row: Any) -> None:
    if row.callback is None:
        return
    with carrying.acting(context.tenant(), row.carried):
        job = _as_it_was(row.callback)
        bus.enqueue(job, **row.arguments, group_id=str(row.id))


def _as_it_was(name: str) -> Job:
    """Return a job that takes what it took once; an upgrade may have changed it.

    A refusal here would be one of the last member's end, and of its queue for ever. As
    a job of its own it waits or fails where people see it.
    """
    try:
        found = jobs().get(name)
    except NotFoundError:
        found = Job(name, _takes_anything)
    return replace(found, run=_takes_anything)


def _takes_anything(**_: Any) -> None:
    """Stand for a job that is enqueued and run by its name."""


def get(id: UUID) -> GroupRow | None:
    """Return a group of the current tenant."""
    return sessions.session().get(GroupRow, id)
