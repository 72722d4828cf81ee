"""The hold on a run: what a process knows of it, and writes down while it is theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection

from archivolt_host.orchestration import journal as journals
from archivolt_host.orchestration import models as m
from archivolt_host.orchestration import values
from archivolt_host.orchestration.errors import LostError, RunWaitsError
from archivolt_host.orchestration.journal import Journal, Run
from archivolt_host.orchestration.patience import sentence
from archivolt_host.orchestration.registry import UnknownVersionError, orchestrators
from archivolt_host.orchestration.steps import AnyStep, Finish, Step
from archivolt_host.orchestration.watching import watch
from archivolt_host.plugins import granting, timing
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.sessions import UnitOfWork


class Hold:
    """What a process knows of one run, and may write while nobody else has it."""

    def __init__(self, journal: Journal, run: Run, orchestrator: Any) -> None:
        self.journal = journal
        self.run = run
        self.steps: tuple[AnyStep, ...] = tuple(orchestrator.steps())
        self.outputs: dict[str, Any] = dict.fromkeys(run.steps)
        self.begun: set[int] = set()
        self.seq = run.cursor
        orchestrator.__dict__["_drive"] = self

    @contextmanager
    def at_work(self, what: str) -> Iterator[None]:
        """Have the plugin do something on its own account, with its own grants."""
        plugin = orchestrators().plugins.get(self.run.name, HOST)
        granted = granting.at_work(None if plugin == HOST else plugin)
        with timing.measured(plugin, what), granted:
            yield

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
                self.outputs[row.name] = self._recalled(row)
                if self.run.status == m.RUNNING:
                    self.run.cursor = max(self.run.cursor, row.seq + 1)

    def _recalled(self, row: Any) -> Any:
        """Return what a step gave, perhaps when its class was another one."""
        try:
            return self._typed(row.seq, row.output)
        except Exception as error:  # it fits its declaration no longer
            raise UnknownVersionError(
                f"The type in which {row.name} of {self.run.name} gave its output (it "
                f"must stay while runs of version {self.run.version} live)"
            ) from error

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

    def _following(self, seq: int) -> int:
        while seq < len(self.steps):
            wanted = self.steps[seq].when
            if wanted is None or wanted():
                return seq
            seq += 1
        return seq

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

    def _typed(self, seq: int, output: Any) -> Any:
        step = self.steps[seq]
        wanted = values.output_of(step.do) if isinstance(step, Step) else Any
        return values.typed(wanted, output)

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
