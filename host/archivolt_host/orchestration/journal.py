"""What is written down about runs, and only by whoever holds them.

A run is held by lease and fence: each write asks for the fence under which the run was
taken, so a process that slept through its lease can write nothing any more.
"""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from archivolt_host.jobs import wake
from archivolt_host.orchestration import models as m
from archivolt_host.orchestration.errors import LostError
from archivolt_host.orchestration.statements import IN_CATALOG, IN_TENANT, Statements
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.context import Place, Tenant
from archivolt_host.tenants.databases import catalog_place
from archivolt_host.tenants.sessions import UnitOfWork

LEASE = timedelta(seconds=25)  # so that another process is at work within 30


@dataclass
class Run:
    """A run as this process knows it."""

    id: UUID
    name: str
    version: int
    input: Mapping[str, Any]
    steps: Sequence[str]
    status: str = m.RUNNING
    cursor: int = 0
    attempts: int = 0
    fence: int = 1
    parent_id: UUID | None = None
    parent_seq: int | None = None
    unique_key: str | None = None
    deadline: datetime | None = None
    cancelled_by: str | None = None
    problem: str | None = None
    result: Any = None
    lease_owner: str | None = None
    lease_until: datetime = field(default_factory=now)
    actor_id: UUID | None = None
    actor_name: str = ""
    carried: Mapping[str, Any] = field(default_factory=dict)
    #: Nothing of it is written down yet.
    is_new: bool = False

    @classmethod
    def of(cls, row: Any) -> "Run":
        """Return what a row says."""
        names = cls.__dataclass_fields__.keys() - {"is_new"}
        return cls(**{name: getattr(row, name) for name in names})


@dataclass(frozen=True)
class Journal:
    """The notes in a tenant's database, or (without a tenant) in the catalog."""

    tenant: Tenant | None

    @property
    def sql(self) -> Statements:
        """The statements for this place."""
        return IN_CATALOG if self.tenant is None else IN_TENANT

    @property
    def place(self) -> Place:
        """Where the notes are."""
        return catalog_place() if self.tenant is None else self.tenant.place

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        """Write in a transaction of its own, which keeps the tenant's relay awake."""
        if self.tenant is None:
            with sessions.catalog(write=True):
                yield sessions.unit()
            return
        id = self.tenant.id
        with sessions.transaction(self.tenant) as work:
            work.before_commit(lambda: wake.heat(id))
            yield work

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read what is there."""
        if self.tenant is None:
            with sessions.catalog():
                yield sessions.connection()
            return
        with sessions.reading(self.tenant) as work:
            yield work.connection

    def find(self, id: UUID) -> Run | None:
        """Return a run, or None."""
        with self.reading() as connection:
            row = connection.execute(self.sql.get, {"of_run": id}).first()
        return None if row is None else Run.of(row)

    def standing(self, key: str) -> Run | None:
        """Return the run that stands under a unique key, or None."""
        with self.reading() as connection:
            return self.standing_in(connection, key)

    def standing_in(self, connection: Connection, key: str) -> Run | None:
        """Return that run as an open transaction sees it."""
        row = connection.execute(self.sql.by_key, {"key": key}).first()
        return None if row is None else Run.of(row)

    def steps(self, id: UUID) -> Sequence[Any]:
        """Return the steps of a run that were begun, in order."""
        with self.reading() as connection:
            return connection.execute(self.sql.steps_of, {"of_run": id}).all()

    def claim(self, run: Run, *, status: str | None = None) -> Run:
        """Take a run as it was read, or raise LostError where somebody was faster."""
        lease = {"new_owner": owner(), "new_until": now() + LEASE}
        seen = {"held": run.fence, "in_status": run.status}
        wanted = {"of_run": run.id, "seen_until": run.lease_until, **seen, **lease}
        wanted["new_status"] = status or run.status
        with self.writing() as work:
            row = work.connection.execute(self.sql.claim, wanted).first()
        if row is None:
            raise LostError(f"{run.name} {run.id} was taken by another process")
        return Run.of(row)

    def insert(self, connection: Connection, run: Run, **ended: Any) -> None:
        """Write a new run down."""
        values = {n: getattr(run, n) for n in run.__dataclass_fields__ if n != "is_new"}
        connection.execute(self.sql.add_run, values | ended)

    def move(self, connection: Connection, run: Run, to: int, tries: int = 0) -> None:
        """Move on within a status; what was cancelled meanwhile is noted."""
        self._held(connection, self.sql.move, run, {"to": to, "tries": tries})

    def turn(
        self, connection: Connection, run: Run, status: str, to: int, **values: Any
    ) -> None:
        """Give a run another status, or another time at which it goes on."""
        ended = status in (m.DONE, m.UNDONE)
        is_held = status in m.LIVE and "until" not in values
        named = {
            "status": status,
            "result": values.get("result", run.result),
            "problem": values.get("problem", run.problem),
            "lease_until": values.get("until") or now() + LEASE,
            "finished_at": now() if ended else None,
            "lease_owner": owner() if is_held else None,
        }
        changes = {f"new_{name}": value for name, value in named.items()}
        changes |= {"to": to, "tries": values.get("tries", 0)}
        self._held(connection, self.sql.turn, run, changes)

    def _held(
        self, connection: Connection, statement: Any, run: Run, values: dict[str, Any]
    ) -> None:
        held = {"of_run": run.id, "held": run.fence}
        held |= {"in_status": run.status}
        row = connection.execute(statement, held | values).first()
        if row is None:
            raise LostError(f"{run.name} {run.id} was taken over by another process")
        if row.cancelled_by is not None:
            run.cancelled_by = row.cancelled_by

    def note(self, connection: Connection, run: Run, seq: int, **values: Any) -> None:
        """Write a step down as begun, or at once as done."""
        row = {"run_id": run.id, "seq": seq, "name": run.steps[seq], **values}
        connection.execute(self.sql.add_step, row)

    def note_done(
        self, connection: Connection, run: Run, seq: int, output: Any
    ) -> bool:
        """Write a step down as done, and nothing more; False where there is more to it.

        How far the run is follows from its steps: its own row is not touched.
        """
        held = {"of_run": run.id, "held": run.fence, "in_status": run.status}
        row = {"run_id": run.id, "seq": seq, "name": run.steps[seq]}
        row |= {"status": m.DONE, "output": output, "at": now()}
        new = {f"new_{name}": value for name, value in row.items()}
        return connection.execute(self.sql.note_done, held | new).rowcount == 1

    def mark(
        self,
        connection: Connection,
        run: Run,
        seq: int,
        status: str,
        output: Any = None,
        problem: str | None = None,
    ) -> bool:
        """Note what became of a step; False where it does not stand any more."""
        values = {"of_run": run.id, "of_seq": seq, "new_status": status}
        values |= {"new_output": output, "new_problem": problem, "new_at": now()}
        return connection.execute(self.sql.mark, values).rowcount == 1

    def extend(self, run: Run) -> None:
        """Hold a run for another lease; harmless where it is no longer ours."""
        with self.writing() as work:
            self.extend_in(work.connection, run)

    def extend_in(self, connection: Connection, run: Run) -> None:
        """Hold a run for another lease, in a transaction that is open."""
        until = now() + LEASE
        held = {"of_run": run.id, "held": run.fence, "new_until": until}
        connection.execute(self.sql.extend, held)
        run.lease_until = until


def here(scope: str) -> Journal:
    """Return the journal for orchestrators of a scope."""
    return Journal(None if scope == "system" else context.tenant())


def owner() -> str:
    """Return the name of this process."""
    return f"{socket.gethostname()}:{os.getpid()}"
