"""The log of public tasks: who began what, how it ended, and who is at it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7
from archivolt_host.tenants.models import PublicRunRow

DECLARED, RUNNING, DONE = "declared", "running", "done"
FAILED, LOST, SKIPPED = "failed", "lost", "skipped"
RUN: Table = PublicRunRow.__table__  # type: ignore[assignment]
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=90)
INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def latest() -> dict[str, Row[Any]]:
    """Return by task the run for the time that was seen to last."""
    due_at = func.max(RUN.c.due_at).label("due_at")
    last = select(RUN.c.task, due_at).group_by(RUN.c.task).subquery()
    same = (RUN.c.task == last.c.task) & (RUN.c.due_at == last.c.due_at)
    with sessions.catalog() as session:
        found = session.execute(select(RUN).join(last, same))
        return {row.task: row for row in found}


def lost_since(task: str, due_at: datetime) -> int:
    """Return how many runs since a time were lost; 0 where any other was not."""
    query = select(RUN.c.status).where(RUN.c.task == task, RUN.c.due_at >= due_at)
    with sessions.catalog() as session:
        found = session.scalars(query).all()
    return len(found) if set(found) == {LOST} else 0


def declare(task: str) -> None:
    """Write down that a task is known from now on: what was before is not made up."""
    note(task, now(), DECLARED, None)


def note(task: str, due_at: datetime, status: str, said: str | None) -> None:
    """Write down a time at which nothing is done."""
    with sessions.catalog(write=True) as session:
        _insert(session, task, due_at, status=status, said=said, ended_at=now())


def begin(task: str, due_at: datetime, ours: Collection[UUID] = ()) -> UUID | None:
    """Take a run; None where others have it, or are still at the one before."""
    with sessions.catalog(write=True) as session:
        _bury(session, ours)
        live = select(RUN.c.id).where(RUN.c.task == task, RUN.c.status == RUNNING)
        if session.execute(live).first() is not None:
            said = "The one before was still at it."
            _insert(session, task, due_at, status=SKIPPED, said=said, ended_at=now())
            return None
        until = now() + LEASE
        return _insert(session, task, due_at, status=RUNNING, lease_until=until)


def bury(ours: Collection[UUID] = ()) -> None:
    """Give up the runs whose process is gone, which this one's own are not."""
    with sessions.catalog() as session:
        if session.execute(select(RUN.c.id).where(*_gone(ours))).first() is None:
            return
    with sessions.catalog(write=True) as session:
        _bury(session, ours)


def _gone(ours: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
    is_late = RUN.c.lease_until < now()
    return RUN.c.status == RUNNING, is_late, RUN.c.id.not_in(list(ours))


def _bury(session: Session, ours: Collection[UUID]) -> None:
    said = "Its process ended before it did."
    found = {"status": LOST, "ended_at": now(), "said": said}
    session.execute(update(RUN).where(*_gone(ours)).values(found))


def _insert(
    session: Session, task: str, due_at: datetime, **values: Any
) -> UUID | None:
    """Write a run down; None where it is there."""
    connection, id = session.connection(), uuid7()
    insert = INSERTS[connection.dialect.name](RUN).on_conflict_do_nothing()
    row = {"id": id, "task": task, "due_at": due_at, "began_at": now(), **values}
    statement = insert.execution_options(preserve_rowcount=True)
    return id if connection.execute(statement, row).rowcount else None


def hold(id: UUID) -> None:
    """Say that somebody is still at a run."""
    with sessions.catalog(write=True) as session:
        ours = RUN.c.id == id, RUN.c.status == RUNNING
        session.execute(update(RUN).where(*ours).values(lease_until=now() + LEASE))


def end(id: UUID, status: str, said: str) -> None:
    """Write down how a run ended, unless it was given up."""
    with sessions.catalog(write=True) as session:
        ours = RUN.c.id == id, RUN.c.status == RUNNING
        found = {"status": status, "said": said, "ended_at": now()}
        session.execute(update(RUN).where(*ours).values(found))


def newest(limit: int, task: str | None = None) -> Sequence[Row[Any]]:
    """Return the newest runs, the latest first."""
    query = select(RUN).where(RUN.c.status != DECLARED)
    if task is not None:
        query = query.where(RUN.c.task == task)
    with sessions.catalog() as session:
        order = query.order_by(RUN.c.began_at.desc(), RUN.c.id.desc())
        return session.execute(order.limit(limit)).all()


def forget_old() -> int:
    """Delete runs of long ago, but for the last of each task; return how many."""
    last = select(func.max(RUN.c.due_at)).group_by(RUN.c.task)
    old = RUN.c.due_at < now() - KEPT, RUN.c.due_at.not_in(last)
    with sessions.catalog(write=True) as session:
        connection = session.connection()
        return int(connection.execute(delete(RUN).where(*old)).rowcount)
