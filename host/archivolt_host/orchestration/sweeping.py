"""Goes on with the runs whose process died, for ever and everywhere."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Table, delete, func, select

from archivolt_host.jobs.registry import job
from archivolt_host.orchestration import journal as journals
from archivolt_host.orchestration import models as m
from archivolt_host.orchestration import running
from archivolt_host.orchestration.journal import Journal
from archivolt_host.orchestration.statements import IN_CATALOG, IN_TENANT, Statements
from archivolt_host.orchestration.watching import watch
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now

log = structlog.get_logger()

BATCH = 100  # runs taken up by one look
LOOK_EVERY = 2.0  # seconds, at the catalog
KEPT = timedelta(days=30)  # what has ended stays to be looked at
AT_ONCE = 1000  # runs named in one statement


@job(queue="high", retries=10, short=True)
def sweep_runs() -> int:
    """Look after the runs of a tenant."""
    return look()


def look() -> int:
    """Have workers take up the runs that nobody holds any more; look again in time."""
    journal = Journal(context.tenant())
    ids, next_at = _due(journal)
    for id in ids:
        running.take_up(id)
    if next_at is not None:
        watch(sessions.unit(), journal.tenant, next_at)
    return len(ids)


@job(queue="medium", retries=10, timeout=3600)
def resume_run(run: str) -> dict[str, Any] | None:
    """Go on with one run, and say how it ended."""
    found = running.resume(Journal(context.tenant()), UUID(run))
    if found is None:
        return None
    return {"run": run, "status": found.status, "problem": found.problem}


def sweep_system() -> int:
    """Go on, here and now, with the runs of the system that nobody holds any more."""
    journal = Journal(None)
    with journal.reading():
        ids, _ = _due(journal)
    for id in ids:
        running.resume(journal, id)
    return len(ids)


def keep_sweeping_system(stopped: Callable[[float], bool]) -> None:
    """Do that until ``stopped(seconds)``, which waits, says so."""
    while not stopped(LOOK_EVERY):
        try:
            sweep_system()
        except Exception as error:  # nobody else looks, so it never ends
            log.warning("cannot look at the catalog's runs", problem=repr(error))


def _due(journal: Journal) -> tuple[list[UUID], datetime | None]:
    """Return the runs that nobody holds, and when to look again, if ever."""
    runs, moment, connection = journal.sql.runs, now(), sessions.connection()
    live = (runs.c.status.in_(m.LIVE), runs.c.parent_id.is_(None))
    query = select(runs.c.id).where(*live, runs.c.lease_until <= moment)
    ids = connection.scalars(query.order_by(runs.c.lease_until).limit(BATCH)).all()
    next_at = connection.scalar(
        select(func.min(runs.c.lease_until)).where(*live, runs.c.lease_until > moment)
    )
    if ids:  # whoever takes them up may die too
        again = moment + (timedelta(seconds=1) if len(ids) == BATCH else journals.LEASE)
        next_at = min(again, next_at) if next_at else again
    return list(ids), next_at


def forget_old(limit: int = 1000) -> int:
    """Delete what ended long ago in the current tenant; return the number of runs."""
    return _forget(IN_TENANT, sessions.connection(), limit)


def forget_system(limit: int = 1000) -> int:
    """Delete the system's runs that ended long ago; return how many."""
    with sessions.catalog(write=True) as session:
        return _forget(IN_CATALOG, session.connection(), limit)


def _forget(sql: Statements, connection: Connection, limit: int) -> int:
    runs, steps = sql.runs, sql.steps
    ids = connection.scalars(_ended(runs, limit)).all()
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        connection.execute(delete(steps).where(steps.c.run_id.in_(some)))
        connection.execute(delete(runs).where(runs.c.id.in_(some)))
    return len(ids)


def _ended(runs: Table, limit: int) -> Any:
    """Return the query for what ended as a whole: until then its parts are needed."""
    ended = (runs.c.status.in_((m.DONE, m.UNDONE)), runs.c.finished_at < now() - KEPT)
    whole = select(runs.c.id).where(runs.c.parent_id.is_(None), *ended)
    oldest = whole.order_by(runs.c.finished_at).limit(limit).subquery()
    tree = select(oldest.c.id).cte("tree", recursive=True)
    parts = select(runs.c.id).join(tree, runs.c.parent_id == tree.c.id)
    return select(tree.union_all(parts).c.id)
