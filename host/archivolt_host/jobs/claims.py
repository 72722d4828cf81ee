"""Claims jobs by lease and fence: whoever lost the lease can no longer commit."""

import os
import random
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, Table, select

from archivolt_host.jobs import groups
from archivolt_host.jobs.claim_statements import (
    ABANDONED,
    CLAIM,
    END,
    HOLD,
    LOOK,
    NEXT_TIMES,
    PROGRESS,
    PUT_BACK,
    WAITING_QUEUES,
)
from archivolt_host.jobs.models import (
    DONE,
    FAILED,
    QUEUED,
    AttemptRow,
)
from archivolt_host.jobs.registry import BACKOFF
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.ids import uuid7

ATTEMPT: Table = AttemptRow.__table__  # type: ignore[assignment]
LEASE = timedelta(seconds=30)
LOSSES = 3  # lost workers beyond its retries, after which a job itself is the suspect
LONGEST_PROBLEM = 2000
JITTER = 0.2
LOST, ENDED_BADLY = "lost", "failed"  # outcomes of attempts

log = structlog.get_logger()

Claimed = Row[Any]


class LeaseLostError(Exception):
    """Another worker has the job now, or it was cancelled: nothing may be committed."""


def claim(queue: str, at_most: int = 1) -> Sequence[Claimed]:
    """Take jobs of a queue, the most urgent first; none where nothing is due."""
    moment = now()
    wanted = {"of_queue": queue, "at_moment": moment}
    with sessions.reading() as look:
        due, abandoned = look.connection.execute(LOOK, wanted).one()
    if not due and not abandoned:
        return ()
    lease = {"for_owner": owner(), "until": moment + LEASE}
    with sessions.transaction() as work:
        if abandoned:
            _take_back(work.connection, wanted)
        sent = wanted | lease | {"at_most": at_most}
        rows = work.connection.execute(CLAIM, sent).all()
    return sorted(rows, key=lambda row: (row.priority, row.run_at, row.id))


def _take_back(connection: Connection, wanted: dict[str, Any]) -> None:
    """Queue anew what dead workers held; what may have killed them has failed."""
    for row in connection.execute(ABANDONED, wanted).all():
        problem = f"The worker {row.lease_owner} was lost, or stood still too long."
        is_suspect = row.attempts >= row.max_attempts + LOSSES
        _note_attempt(connection, row, LOST, problem)
        if is_suspect:
            _end(connection, row, FAILED, problem)
        else:
            _put_back(connection, row, problem, row.attempts, wanted["at_moment"])


def owner() -> str:
    """Return the name of this worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _ours(connection: Connection, statement: Any, row: Claimed, **new: Any) -> None:
    """Write to a job's row if it is still ours."""
    sent = {"of_id": row.id, "of_fence": row.fence, **new}
    if connection.execute(statement, sent).rowcount != 1:
        raise LeaseLostError(
            f"{row.name} {row.id} was cancelled, or taken over by another worker"
        )


def hold(connection: Connection, row: Claimed) -> None:
    """Extend the lease inside a transaction, or raise LeaseLostError."""
    _ours(connection, HOLD, row, until=now() + LEASE)


def is_ours(row: Claimed) -> bool:
    """Return whether a job is still ours, and extend its lease if so."""
    try:
        with sessions.transaction() as work:
            hold(work.connection, row)
    except LeaseLostError:
        return False
    return True


def note_progress(connection: Connection, row: Claimed, fraction: float) -> None:
    """Write down how far a job has come, if it is still ours."""
    _ours(connection, PROGRESS, row, so_far=fraction, until=now() + LEASE)


def hold_all(connection: Connection, rows: Iterable[Claimed]) -> None:
    """Extend the leases of those that are still ours."""
    until = now() + LEASE
    sent = [{"of_id": r.id, "of_fence": r.fence, "until": until} for r in rows]
    if sent:
        connection.execute(HOLD, sent)


class Fence:
    """Lets writes of a job through while it is ours, and anybody's once it is done."""

    def __init__(self, row: Claimed) -> None:
        self._row = row
        self._lifted = False
        self.was_asked = False

    def __call__(self, connection: Connection) -> None:
        """Extend the lease, or raise LeaseLostError."""
        self.was_asked = True
        if not self._lifted:
            hold(connection, self._row)

    def lift(self) -> None:
        """Hold nothing back any more: the job's end is durable."""
        self._lifted = True


def finish(connection: Connection, row: Claimed, result: object) -> None:
    """Mark the job as done in the transaction that holds its effect."""
    _end(connection, row, DONE, None, result=result, progress=1.0)


def _end(
    connection: Connection,
    row: Claimed,
    status: str,
    problem: str | None,
    *,
    result: object = None,
    progress: float | None = None,
) -> None:
    _ours(connection, END, row, **_ending(status, problem, result, progress))
    if row.group_id is not None:
        groups.count_down(connection, row.group_id, failed=status != DONE)


def _ending(
    status: str, problem: str | None, result: object, progress: float | None
) -> dict[str, Any]:
    return {
        "new_status": status,
        "new_result": result,
        "new_progress": progress,
        "new_problem": problem,
        "new_lease_until": None,
        "new_lease_owner": None,
        "new_finished_at": now(),
    }


def finish_together(
    connection: Connection, ended: Sequence[tuple[Claimed, object]]
) -> None:
    """Mark jobs as done in the transaction that holds their effects, all or none."""
    sent = [
        {"of_id": row.id, "of_fence": row.fence, **_ending(DONE, None, result, 1.0)}
        for row, result in ended
    ]
    if sent and connection.execute(END, sent).rowcount != len(sent):
        raise LeaseLostError("one of them was cancelled, or taken over")
    for row, _ in ended:
        if row.group_id is not None:
            groups.count_down(connection, row.group_id, failed=False)


def finish_all(connection: Connection, ended: Sequence[tuple[Claimed, object]]) -> None:
    """Mark jobs as done that left nothing to be committed with that."""
    for row, result in ended:
        try:
            finish(connection, row, result)
        except LeaseLostError as lost:  # it is run again, or was cancelled
            log.warning("job lost", problem=str(lost))


def fail(row: Claimed, problem: str, backoff: Sequence[float] = BACKOFF) -> None:
    """Put the job back for another attempt, or among the failed ones."""
    problem = problem[:LONGEST_PROBLEM]
    with sessions.transaction() as work:
        if row.attempts >= row.max_attempts:
            _end(work.connection, row, FAILED, problem)
        else:
            wait = backoff[min(row.attempts, len(backoff)) - 1]
            wait *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
            again = now() + timedelta(seconds=wait)
            _put_back(work.connection, row, problem, row.attempts, again)
        _note_attempt(work.connection, row, ENDED_BADLY, problem)


def put_off(row: Claimed, until: datetime, reason: str) -> None:
    """Put the job back for later, and say why, without counting the attempt."""
    with sessions.transaction() as work:
        _put_back(work.connection, row, reason, row.attempts - 1, until)


def give_back_all(connection: Connection, rows: Iterable[Claimed]) -> None:
    """Queue jobs that were claimed and not begun, those that are still ours."""
    for row in rows:
        try:
            _put_back(connection, row, None, row.attempts - 1, row.run_at)
        except LeaseLostError as lost:
            log.warning("job lost", problem=str(lost))


def _put_back(
    connection: Connection,
    row: Claimed,
    problem: str | None,
    attempts: int,
    run_at: datetime,
) -> None:
    _ours(
        connection,
        PUT_BACK,
        row,
        new_status=QUEUED,
        new_attempts=attempts,
        new_run_at=run_at,
        new_problem=problem,
    )


def _note_attempt(
    connection: Connection, row: Claimed, outcome: str, problem: str
) -> None:
    values = {
        "id": uuid7(),
        "job_id": row.id,
        "number": row.attempts,
        "worker": row.lease_owner or "",
        "outcome": outcome,
        "problem": problem,
        "started_at": row.started_at,
        "ended_at": now(),
    }
    connection.execute(ATTEMPT.insert(), values)


def attempts_of(id: UUID) -> Sequence[AttemptRow]:
    """Return the attempts of a job that came to nothing, the first one first."""
    query = select(AttemptRow).where(AttemptRow.job_id == id)
    return sessions.session().scalars(query.order_by(AttemptRow.id)).all()


def waiting_queues(connection: Connection) -> set[str]:
    """Return the queues that hold something due."""
    return set(connection.scalars(WAITING_QUEUES, {"at_moment": now()}))


def next_time(connection: Connection) -> datetime | None:
    """Return when the next job will be due, or the next lease runs out."""
    times = [t for t in connection.scalars(NEXT_TIMES) if t is not None]
    return min(times, default=None)
