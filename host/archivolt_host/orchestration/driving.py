"""Drives a run forwards, step by step."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.errors import UnavailableError
from archivolt_host.jobs.claims import LeaseLostError
from archivolt_host.orchestration import beginning, unwinding, values
from archivolt_host.orchestration import journal as journals
from archivolt_host.orchestration import models as m
from archivolt_host.orchestration.errors import (
    LostError,
    RunStuckError,
    RunUndoneError,
    RunWaitsError,
)
from archivolt_host.orchestration.journal import Journal, Run
from archivolt_host.orchestration.leases import kept
from archivolt_host.orchestration.patience import (
    LONGEST_NAP,
    refuses,
    sentence,
    wait_after,
)
from archivolt_host.orchestration.registry import orchestrators
from archivolt_host.orchestration.steps import AnyStep, Child, Finish, Step
from archivolt_host.orchestration.watching import watch
from archivolt_host.plugins import timing
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.sessions import UnitOfWork

CRASHES = 5  # of processes in one step, before the step is taken for the cause


class Drive:
    """The hold that a process has on one run."""

    def __init__(self, journal: Journal, run: Run, orchestrator: Any) -> None:
        self.journal = journal
        self.run = run
        self.steps: tuple[AnyStep, ...] = tuple(orchestrator.steps())
        self.outputs: dict[str, Any] = dict.fromkeys(run.steps)
        self.begun: set[int] = set()
        self.seq = run.cursor
        orchestrator.__dict__["_drive"] = self

    @property
    def key(self) -> str:
        """What names the step under way for other systems."""
        return f"{self.run.id}:{self.seq}"

    @property
    def child_id(self) -> UUID:
        """The id of the run that is the step under way: always the same."""
        return uuid5(self.run.id, str(self.seq))

    def recall(self) -> None:
        """Read which steps were begun, and what those that are done returned."""
        for row in self.journal.steps(self.run.id):
            self.begun.add(row.seq)
            if row.status == m.DONE:
                self.outputs[row.name] = self._typed(row.seq, row.output)
                if self.run.status == m.RUNNING:
                    self.run.cursor = max(self.run.cursor, row.seq + 1)

    def find_again(self) -> bool:
        """Read the run as it stands; return whether it goes on from somewhere else.

        So it does where a commit went through although its answer was lost.
        """
        run, found = self.run, self.journal.find(self.run.id)
        if found is None:
            return False
        if found.fence != run.fence:
            raise LostError(f"{run.name} {run.id} was taken over by another process")
        self.run = replace(found, attempts=run.attempts)
        self.recall()
        return run.is_new or (self.run.cursor, found.status) != (run.cursor, run.status)

    def forward(self) -> Any:
        """Do the steps that are left; where one fails, undo those that were done."""
        try:
            while self.run.status == m.RUNNING:
                self._go_on()
        except (LeaseLostError, RunWaitsError):
            raise
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            unwinding.unwind_after(self, error)
            raise
        return self.run.result

    def forward_or_tell(self) -> Any:
        """Go on with a run wherever it stands, or tell how it ended."""
        if self.run.status == m.RUNNING:
            return self.forward()
        if self.run.status == m.UNWINDING:
            unwinding.unwind(self)
        problem = self.run.problem or ""
        if self.run.status == m.STUCK:
            raise RunStuckError(self.run.id, problem)
        if self.run.status == m.UNDONE:
            raise RunUndoneError(problem)
        return self.run.result

    def _go_on(self) -> None:
        """Do the next step that is wanted; without one the run is done."""
        self.seq = self._following(self.run.cursor)
        if self.seq == len(self.steps):
            self._end()
            return
        self._refuse_to_go_on()
        try:
            self._do(self.steps[self.seq])
        except (LeaseLostError, RunWaitsError, RunStuckError):
            raise
        except Exception as error:  # a step may raise anything
            self._try_again(self.steps[self.seq], error)

    def _following(self, seq: int) -> int:
        while seq < len(self.steps):
            wanted = self.steps[seq].when
            if wanted is None or wanted():
                return seq
            seq += 1
        return seq

    def _end(self) -> None:
        run = self.run
        if not run.is_new:
            with self.journal.writing() as work:
                self.journal.turn(work.connection, run, m.DONE, run.cursor)
        run.status = m.DONE

    def _refuse_to_go_on(self) -> None:
        """Stop before a step that must not happen any more."""
        run, step = self.run, self.steps[self.seq]
        if run.cancelled_by is not None:
            raise RunUndoneError(f"{run.cancelled_by} cancelled it.")
        if run.deadline is not None and now() > run.deadline:
            raise RunUndoneError(f"It was not done by {run.deadline:%Y-%m-%d %H:%M}Z.")
        tries = step.tries if isinstance(step, Step) else 1
        if run.attempts > tries + CRASHES:
            raise RunUndoneError(
                f"{step.name} was begun {run.attempts} times, and its process ended in "
                "the middle of it each time."
            )

    def _do(self, step: AnyStep) -> None:
        with timing.measured(self.run.name.partition(".")[0], f"step {step.name}"):
            if isinstance(step, Step) and not step.external:
                with self.journal.writing() as work:
                    output = step.do()
                    after = self._note_done(work, output)
            else:
                self._note_begun()
                with kept(self.journal, self.run):
                    output = self._reach_out(step)
                with self.journal.writing() as work:
                    after = self._note_done(work, output)
        self._go_to(after)

    def _reach_out(self, step: AnyStep) -> Any:
        if isinstance(step, Child):
            return self._child(step).forward_or_tell()
        return step.do()

    def _child(self, step: Child) -> "Drive":
        """Return the hold on a step that is a run of its own, begun before or not."""
        run = self.journal.find(self.child_id)
        if run is not None:
            return self.taken(run)
        made = step.of(**step.given())
        return Drive(self.journal, beginning.child(self, made), made)

    def taken(self, run: Run, *, status: str | None = None) -> "Drive":
        """Take a run that belongs to this one."""
        return taken(self.journal, run, status=status)

    def _note_begun(self) -> None:
        """Write down that a step is begun which no transaction can hold."""
        run, seq = self.run, self.seq
        with self.journal.writing() as work:
            if run.is_new:
                self._write_down(work, run)
            else:
                self.journal.move(work.connection, run, run.cursor, run.attempts)
            if seq not in self.begun:
                self.journal.note(work.connection, run, seq, status=m.STARTED)
        run.is_new = False
        self.begun.add(seq)
        self._refuse_to_go_on()

    def _note_done(self, work: UnitOfWork, output: Any) -> Run:
        """Note in its transaction that a step is done, and perhaps the run.

        Returns the run as it is once that is durable.
        """
        run, seq, connection = self.run, self.seq, work.connection
        is_last = isinstance(output, Finish)
        given = output.result if is_last else output
        plain = values.plain(given, f"What {run.steps[seq]} returns")
        self.outputs[run.steps[seq]] = self._typed(seq, plain)
        to = len(self.steps) if is_last else self._following(seq + 1)
        if run.lease_until - now() < journals.LEASE / 2:
            self.journal.extend_in(connection, run)
        if to < len(self.steps) and self._note_briefly(connection, plain):
            return replace(run, cursor=to)
        after = replace(run, cursor=to, attempts=0, is_new=False)
        if to == len(self.steps):
            after = replace(after, status=m.DONE, result=plain)
        self._move(work, after)
        if seq in self.begun:
            self.journal.mark(connection, run, seq, m.DONE, plain)
        else:
            self.journal.note(connection, run, seq, status=m.DONE, output=plain)
        return after

    def _note_briefly(self, connection: Connection, plain: Any) -> bool:
        """Note a step alone, as it usually is: nothing else of the run changes."""
        run, seq = self.run, self.seq
        if run.is_new or run.attempts or seq in self.begun:
            return False
        return self.journal.note_done(connection, run, seq, plain)

    def _move(self, work: UnitOfWork, after: Run) -> None:
        run, connection = self.run, work.connection
        if run.is_new:
            self._write_down(work, after)
        elif after.status == m.DONE:
            to, result = after.cursor, after.result
            self.journal.turn(connection, run, m.DONE, to, result=result)
        else:
            self.journal.move(connection, run, after.cursor)

    def _write_down(self, work: UnitOfWork, run: Run) -> None:
        """Note a new run, and have somebody look after it should this process die."""
        is_done = run.status == m.DONE
        ends = {"finished_at": now(), "lease_owner": None} if is_done else {}
        self.journal.insert(work.connection, run, **ends)
        if not is_done and run.parent_id is None:
            watch(work, self.journal.tenant, run.lease_until)

    def _go_to(self, after: Run) -> None:
        """Know what is durable now."""
        after.cancelled_by = self.run.cancelled_by
        after.lease_until = self.run.lease_until
        self.begun.add(self.seq)
        self.run = after
        if after.status == m.DONE:
            after.result = self.outputs[after.steps[self.seq]]

    def _typed(self, seq: int, output: Any) -> Any:
        step = self.steps[seq]
        wanted = values.output_of(step.do) if isinstance(step, Step) else Any
        return values.typed(wanted, output)

    def _try_again(self, step: AnyStep, error: Exception) -> None:
        """Wait for the next attempt, here or elsewhere; raise where none is left."""
        run = self.run
        run.attempts += 1
        of_database = isinstance(error, SQLAlchemyError | UnavailableError)
        if of_database and self.find_again():
            return
        is_last = isinstance(step, Child) or run.attempts >= step.tries
        if is_last or refuses(error):
            raise error
        wait = wait_after(run.attempts)
        if wait > LONGEST_NAP and not run.is_new:
            self.park(wait, error)
        time.sleep(min(wait, LONGEST_NAP))

    def park(self, seconds: float, error: Exception) -> None:
        """Let go of the run until it is tried again; say so by RunWaitsError."""
        run, until = self.run, now() + timedelta(seconds=seconds)
        problem = sentence(error)
        facts: dict[str, Any] = {"until": until, "problem": problem}
        facts["tries"] = max(run.attempts - 1, 0)  # taking it again counts as one
        with self.journal.writing() as work:
            connection = work.connection
            self.journal.turn(connection, run, run.status, run.cursor, **facts)
            watch(work, self.journal.tenant, until)
        raise RunWaitsError(run.id, until, problem) from error


def taken(journal: Journal, run: Run, *, status: str | None = None) -> Drive:
    """Take a run that was begun before, and learn how far it has come."""
    made = orchestrators().rebuilt(run)
    if run.status in m.LIVE and run.lease_owner is None and run.lease_until > now():
        raise RunWaitsError(run.id, run.lease_until, run.problem or "")
    if run.status in m.LIVE or status is not None:
        run = journal.claim(run, status=status)
    drive = Drive(journal, run, made)
    drive.recall()
    return drive
