"""Drives a run forwards, step by step."""

import time
from dataclasses import replace
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.errors import UnavailableError
from archivolt_host.jobs.claims import LeaseLostError
from archivolt_host.orchestration import beginning, unwinding
from archivolt_host.orchestration import models as m
from archivolt_host.orchestration.errors import (
    RunStuckError,
    RunUndoneError,
    RunWaitsError,
)
from archivolt_host.orchestration.hold import Hold
from archivolt_host.orchestration.journal import Journal, Run
from archivolt_host.orchestration.leases import kept
from archivolt_host.orchestration.patience import (
    ASLEEP,
    LONGEST_NAP,
    refuses,
    wait_after,
)
from archivolt_host.orchestration.registry import UnknownVersionError, orchestrators
from archivolt_host.orchestration.steps import AnyStep, Child, Step
from archivolt_host.tenants.columns import now

CRASHES = 5  # of processes in one step, before the step is taken for the cause


class Drive(Hold):
    """The hold that a process has on one run, and how it goes on with it."""

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
        except UnknownVersionError as error:  # of a part; it may only be elsewhere
            self.park(ASLEEP, error)
        except Exception as error:  # a step may raise anything
            self._try_again(self.steps[self.seq], error)

    def _end(self) -> None:
        run = self.run
        if not run.is_new:
            with self.journal.writing() as work:
                self.journal.turn(work.connection, run, m.DONE, run.cursor)
        elif run.parent_id is not None:  # the whole asks for its parts when undone
            with self.journal.writing() as work:
                self._write_down(work, replace(run, status=m.DONE))
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
        with self.at_work(f"step {step.name}"):
            if isinstance(step, Step) and not step.external:
                with self.journal.writing() as work:
                    output = step.do()
                    after = self._note_done(work, output)
            else:
                self._note_begun()
                self._refuse_to_go_on()
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

    def _go_to(self, after: Run) -> None:
        """Know what is durable now."""
        after.cancelled_by = self.run.cancelled_by
        after.lease_until = self.run.lease_until
        self.begun.add(self.seq)
        self.run = after
        if after.status == m.DONE:
            after.result = self.outputs[after.steps[self.seq]]

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


def taken(journal: Journal, run: Run, *, status: str | None = None) -> Drive:
    """Take a run that was begun before, and learn how far it has come."""
    made = orchestrators().rebuilt(run)
    if run.status in m.LIVE and run.lease_owner is None and run.lease_until > now():
        raise RunWaitsError(run.id, run.lease_until, run.problem or "")
    if run.status in m.LIVE or status is not None:
        run = journal.claim(run, status=status)
    drive = Drive(journal, run, made)
    try:
        drive.recall()
    except UnknownVersionError as error:
        if run.status in m.LIVE:
            drive.park(ASLEEP, error)
        raise
    return drive
