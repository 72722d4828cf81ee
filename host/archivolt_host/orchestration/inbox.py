"""Runs to look at, and what a person can do about them.

All of it happens in the transaction that is open, in a tenant or in the catalog.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from archivolt_host.errors import NotFoundError, RefusedError
from archivolt_host.orchestration import models as m
from archivolt_host.orchestration.journal import Journal
from archivolt_host.orchestration.running import take_up
from archivolt_host.orchestration.watching import watch
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now

BY_HAND = "{who} saw to it by hand. Before: {problem}"


def newest(
    journal: Journal,
    limit: int,
    *,
    before: UUID | None = None,
    status: str | None = None,
    name: str | None = None,
) -> Sequence[Any]:
    """Return runs that are no part of others, or need somebody; the newest first."""
    runs = journal.sql.runs
    query = journal.sql.shown.order_by(runs.c.id.desc()).limit(limit)
    if status is None:
        query = query.where(runs.c.parent_id.is_(None))
    else:
        query = query.where(runs.c.status == status)
    if name is not None:
        query = query.where(runs.c.name == name)
    if before is not None:
        query = query.where(runs.c.id < before)
    return sessions.connection().execute(query).all()


def get(journal: Journal, id: UUID) -> Any:
    """Return a run, or raise NotFoundError."""
    query = journal.sql.shown.where(journal.sql.runs.c.id == id)
    row = sessions.connection().execute(query).first()
    if row is None:
        raise NotFoundError("Run", id)
    return row


def steps_of(journal: Journal, run: Any) -> list[dict[str, Any]]:
    """Return every step of a run and how it stands; those not begun have no status."""
    found = sessions.connection().execute(journal.sql.steps_of, {"of_run": run.id})
    rows = {row.seq: row for row in found}
    steps = []
    for seq, name in enumerate(run.steps):
        facts: dict[str, Any] = {"name": name, "status": None, "problem": None}
        if row := rows.get(seq):
            facts |= {"status": row.status, "problem": row.problem, "at": row.at}
        steps.append(facts)
    return steps


def advice(run: Any) -> str | None:
    """Say what to do about a run, where there is something to do."""
    if run.status == m.STUCK:
        return (
            "Mend what the problem names, then retry. Or take the step back by hand, "
            "then skip it: the steps before it are undone."
        )
    if run.status in m.LIVE and run.lease_owner is None and run.problem:
        return f"It goes on by itself at {run.lease_until:%H:%M:%S} UTC, or on retry."
    return None


def retry(journal: Journal, id: UUID) -> Any:
    """Have a run that is stuck, or waits, gone on with now; return the whole's row."""
    root, tree = _family(journal, id)
    stuck = [run.id for run in tree if run.status == m.STUCK]
    is_idle = root.status in m.LIVE and (
        root.lease_owner is None or root.lease_until < now()
    )
    if not stuck and not is_idle:
        raise RefusedError(
            "It is under way: there is nothing to retry."
            if root.status in m.LIVE
            else f"It has ended: it is {root.status}."
        )
    runs, change = journal.sql.runs, journal.sql.runs.update()
    free: dict[str, Any] = {"attempts": 0, "lease_owner": None, "lease_until": now()}
    free["fence"] = runs.c.fence + 1
    connection = sessions.connection()
    connection.execute(change.where(runs.c.id == root.id).values(free))
    free["status"] = m.UNWINDING
    connection.execute(change.where(runs.c.id.in_(stuck)).values(free))
    return _went_on(journal, root)


def skip(journal: Journal, id: UUID, who: str) -> Any:
    """Take a step that could not be undone as seen to, and have the others undone."""
    _, tree = _family(journal, id)
    stuck = [run for run in tree if run.status == m.STUCK]
    if not stuck:
        raise RefusedError("Only a run that is stuck has a step to skip.")
    deepest = stuck[-1]
    rows = sessions.connection().execute(journal.sql.steps_of, {"of_run": deepest.id})
    step = [row for row in rows if row.status in m.STANDING][-1]
    problem = BY_HAND.format(who=who, problem=step.problem)
    connection = sessions.connection()
    journal.mark(connection, deepest, step.seq, m.SKIPPED, step.output, problem)
    return retry(journal, id)


def cancel(journal: Journal, id: UUID, who: str) -> Any:
    """Have a run taken back before its next step; return the whole's row."""
    root, tree = _family(journal, id)
    if root.status != m.RUNNING:
        raise RefusedError(
            f"Only a run under way can be cancelled: it is {root.status} now."
        )
    runs = journal.sql.runs
    ids = [run.id for run in tree if run.status == m.RUNNING]
    change = runs.update().where(runs.c.id.in_(ids)).values(cancelled_by=who)
    sessions.connection().execute(change)
    if root.lease_owner is None:
        change = runs.update().where(runs.c.id == root.id)
        sessions.connection().execute(change.values(lease_until=now()))
        return _went_on(journal, root)
    return get(journal, root.id)


def _went_on(journal: Journal, root: Any) -> Any:
    if journal.tenant is not None:
        take_up(root.id)
        # The job that stands for it may have passed the last look at the run already.
        watch(sessions.unit(), journal.tenant, now())
    return get(journal, root.id)


def _family(journal: Journal, id: UUID) -> tuple[Any, list[Any]]:
    """Return the run of which this one is a part, and all its parts, parents first."""
    root = get(journal, id)
    while root.parent_id is not None:
        root = get(journal, root.parent_id)
    runs, tree, level = journal.sql.runs, [root], [root.id]
    while level:
        query = select(runs).where(runs.c.parent_id.in_(level)).order_by(runs.c.id)
        rows = sessions.connection().execute(query).all()
        tree += rows
        level = [row.id for row in rows]
    return root, tree
