"""Takes a run back: what was begun is undone in reverse."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.errors import UnavailableError
from archivolt_host.jobs.claims import LeaseLostError
from archivolt_host.orchestration import models as m
from archivolt_host.orchestration.errors import RunStuckError, RunWaitsError
from archivolt_host.orchestration.leases import kept
from archivolt_host.orchestration.patience import (
    LONGEST_NAP,
    is_away,
    sentence,
    wait_after,
)
from archivolt_host.orchestration.steps import Child

if TYPE_CHECKING:
    from archivolt_host.orchestration.driving import Drive

log = structlog.get_logger()

TRIES = 5  # before somebody has to look at it
PARENT = "The run that it is a part of was taken back."
FORGOTTEN = "The notes on {step} are gone, so that only a person can take it back."


def unwind_after(drive: "Drive", error: BaseException) -> None:
    """Take back what a failing run did; what cannot be done now is done later.

    So the first error stays the one that is raised.
    """
    try:
        unwind(drive, sentence(error))
    except (LeaseLostError, UnavailableError, RunStuckError, SQLAlchemyError) as later:
        facts = {"run": str(drive.run.id), "name": drive.run.name}
        log.warning("run not taken back yet", problem=str(later), **facts)


def unwind(drive: "Drive", problem: str | None = None) -> None:
    """Undo what stands, the last step first."""
    if drive.run.is_new and not drive.find_again():
        drive.run.status = m.UNDONE  # nothing of it was ever committed
        return
    if drive.run.status != m.UNWINDING:
        _turn(drive, m.UNWINDING, problem or drive.run.problem)
    standing = _standing(drive)
    if not standing:
        _turn(drive, m.UNDONE, drive.run.problem)
    for left, row in zip(reversed(range(len(standing))), standing, strict=True):
        _undo(drive, row, last=left == 0)


def _standing(drive: "Drive") -> Sequence[Any]:
    rows = [r for r in drive.journal.steps(drive.run.id) if r.status in m.STANDING]
    return rows[::-1]


def _turn(drive: "Drive", status: str, problem: str | None) -> None:
    run = drive.run
    with drive.journal.writing() as work:
        connection = work.connection
        drive.journal.turn(connection, run, status, run.cursor, problem=problem)
    run.status, run.problem, run.attempts = status, problem, 0


def _undo(drive: "Drive", row: Any, *, last: bool) -> None:
    """Undo one step, again and again if need be."""
    drive.seq = row.seq
    while True:
        try:
            with drive.at_work(f"undo {row.name}"):
                _undo_once(drive, row, last)
        except (LeaseLostError, RunWaitsError):
            raise
        except RunStuckError as error:
            _get_stuck(drive, row, str(error))
        except Exception as error:  # an undo may raise anything
            _wait_or_get_stuck(drive, row, error)
        else:
            return


def _undo_once(drive: "Drive", row: Any, last: bool) -> None:
    step = drive.steps[row.seq]
    undo = None if isinstance(step, Child) else step.undo
    if isinstance(step, Child) or step.external:
        with kept(drive.journal, drive.run):
            if isinstance(step, Child):
                _undo_child(drive, row)
            elif undo is not None:
                undo()
    is_kept = undo is None and not isinstance(step, Child)
    with drive.journal.writing() as work:
        # First the note: where an earlier commit went through although its answer was
        # lost, there is nothing left to undo.
        status = m.KEPT if is_kept else m.UNDONE
        stood = _note(drive, work.connection, row, status, last)
        if stood and undo is not None and not step.external:
            undo()
    run = drive.run
    run.cursor, run.attempts = row.seq, 0
    run.status = m.UNDONE if last else run.status


def _note(drive: "Drive", connection: Any, row: Any, status: str, last: bool) -> bool:
    journal, run = drive.journal, drive.run
    if last:
        journal.turn(connection, run, m.UNDONE, row.seq)
    else:
        journal.move(connection, run, row.seq)
    return journal.mark(connection, run, row.seq, status, row.output)


def _undo_child(drive: "Drive", row: Any) -> None:
    """Undo a run that is a step of this one, done or in its middle."""
    found = drive.journal.find(drive.child_id)
    if found is None and row.status == m.DONE:  # what it did stands all the same
        raise RunStuckError(drive.run.id, FORGOTTEN.format(step=row.name))
    if found is None or found.status == m.UNDONE:
        return
    if found.status == m.STUCK:
        raise RunStuckError(found.id, found.problem or "")
    child = drive.taken(found, status=m.UNWINDING)
    child.run.problem = found.problem or PARENT
    unwind(child)


def _wait_or_get_stuck(drive: "Drive", row: Any, error: Exception) -> None:
    run = drive.run
    run.attempts += 1
    log.warning("step not undone", step=row.name, run=str(run.id), problem=repr(error))
    if run.attempts >= TRIES and is_away(error):
        raise error  # whoever takes it up once the lease is over goes on
    if run.attempts >= TRIES:
        _get_stuck(drive, row, f"{row.name} could not be undone: {sentence(error)}")
    wait = wait_after(run.attempts)
    if wait > LONGEST_NAP:
        drive.park(wait, error)
    time.sleep(wait)


def _get_stuck(drive: "Drive", row: Any, problem: str) -> None:
    """Leave the run to a person: it lies in the inbox, with what to do."""
    run, journal = drive.run, drive.journal
    with journal.writing() as work:
        connection = work.connection
        journal.turn(connection, run, m.STUCK, run.cursor, problem=problem)
        journal.mark(connection, run, row.seq, row.status, row.output, problem)
    run.status, run.problem = m.STUCK, problem
    log.error("run stuck", run=str(run.id), name=run.name, problem=problem)
    raise RunStuckError(run.id, problem)
