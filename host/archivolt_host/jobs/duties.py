"""A tenant's duties: small things that are due now and then, done in one visit.

Each is a schedule that is ``shared``. Its row says when it was last done, and what went
wrong; so a visit that dies is repeated, and goes on where the first one ended.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import Row, select

from archivolt_hookspecs.registration import Schedule
from archivolt_host.jobs import claims, rhythm, running, schedules
from archivolt_host.jobs.registry import job
from archivolt_host.plugins import timing
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now

log = structlog.get_logger()

Rows = Mapping[tuple[str, str], Row[Any]]


@job(queue="low", retries=3, timeout=1800)
def sweep(*, due: bool = False) -> dict[str, Any]:
    """Do the tenant's duties one after the other: all, or those that are due."""
    with sessions.reading() as work:
        query = select(schedules.SCHEDULE)
        rows = {(r.source, r.name): r for r in work.connection.execute(query)}
    declared = schedules.declared_in(context.tenant().slug)
    return {
        f"{source}.{name}": _do(source, found, rows.get((source, name)))
        for (source, name), found in declared.items()
        if found.shared and _is_wanted(rows.get((source, name)), due=due)
    }


def _is_wanted(row: Row[Any] | None, *, due: bool) -> bool:
    if row is None:  # declared a moment ago
        return True
    if row.next_at is None:  # nobody can tell when it is due, and its row says so
        return not due
    last = row.last_at or row.created_at
    return row.enabled and not (due and rhythm.last_until(row, now()) <= last)


def _do(source: str, found: Schedule, row: Row[Any] | None) -> Any:
    """Do one duty in a transaction of its own; return what it says, or what failed."""
    try:
        with timing.measured(source, f"duty {found.name}"), sessions.transaction():
            said = running.called(found.job, found.arguments)
            _note(row, None)
    except claims.LeaseLostError:
        raise
    except Exception as error:  # a duty may raise anything
        problem = running.told(error)
        log.exception("duty failed", plugin=source, duty=found.name)
        with sessions.transaction():
            _note(row, problem)
        if isinstance(error, running.JobTimeoutError):
            raise  # the time of the others is up too: the next attempt does them
        return problem
    return said


def _note(row: Row[Any] | None, problem: str | None) -> None:
    if row is None:
        return
    table = schedules.SCHEDULE
    noted = {"last_at": now(), "problem": problem}
    change = table.update().where(table.c.id == row.id).values(noted)
    sessions.connection().execute(change)
