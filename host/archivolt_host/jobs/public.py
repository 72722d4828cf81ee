"""Tasks of the whole host, which belong to no tenant: done once each time, and logged.

A run is a row of the catalog, unique by task and time: of two schedulers one makes it.
Its lease says that somebody is at it; while it lasts, the task does not begin again.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.errors import ArchivoltError, InvalidError
from archivolt_host.jobs import public_log, rhythm
from archivolt_host.jobs.looking import looked_after
from archivolt_host.jobs.public_log import DONE, FAILED, LOST, SKIPPED
from archivolt_host.jobs.schedule_models import ONCE, PUBLIC, SKIP
from archivolt_host.tenants import context
from archivolt_host.tenants.columns import now

log = structlog.get_logger()

LOOK_EVERY = 5.0  # seconds
LATE = timedelta(minutes=2)  # after which a time counts as missed
REPEATS = 3  # of a run whose process died
LONGEST = 2000  # characters of what a run said


@dataclass(frozen=True)
class Task:
    """Something to be done for the whole host, and when."""

    name: str
    run: Callable[[], object] = field(compare=False)
    summary: str
    cron: str | None = None
    every: int | None = None
    zone: str = "UTC"
    missed: str = ONCE
    source: str = PUBLIC

    @property
    def id(self) -> UUID:
        """The same in every process."""
        return uuid5(NAMESPACE_URL, self.name)


class Rounds:
    """Looks which tasks are due, and does each in a thread of its own."""

    def __init__(self, tasks: Callable[[], Sequence[Task]]) -> None:
        self._tasks = tasks
        self._at_it: dict[UUID, threading.Thread] = {}

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Look until ``stopped(seconds)``, which waits, says so."""
        while True:
            try:
                self.look()
            except (SQLAlchemyError, ArchivoltError, OSError) as error:
                log.warning("cannot look at public tasks", problem=str(error))
            if stopped(LOOK_EVERY):
                return

    def look(self) -> list[threading.Thread]:
        """Begin what is due; return the threads that are at it."""
        self._at_it = {id: t for id, t in self._at_it.items() if t.is_alive()}
        public_log.bury(self._at_it)
        latest = public_log.latest()
        found = [self._begun(task, latest.get(task.name)) for task in self._tasks()]
        return [thread for thread in found if thread is not None]

    def _begun(self, task: Task, latest: Row[Any] | None) -> threading.Thread | None:
        """Begin a task if it is due; one whose time nobody can tell keeps no other."""
        try:
            due_at = _due(task, latest)
        except InvalidError as error:
            log.error("public task is never due", task=task.name, problem=str(error))
            return None
        if due_at is None or (id := self._begin(task, due_at)) is None:
            return None
        thread = threading.Thread(target=do, args=(task, id), name=task.name)
        thread.daemon = True  # a stop does not wait: the lease ends
        thread.start()
        self._at_it[id] = thread
        return thread

    def _begin(self, task: Task, due_at: datetime) -> UUID | None:
        """Take a run for this process; None where others have it, or nobody should."""
        if task.missed == SKIP and now() - due_at > LATE:
            public_log.note(task.name, due_at, SKIPPED, "Nobody was there at its time.")
            return None
        return public_log.begin(task.name, due_at, self._at_it)


def _due(task: Task, latest: Row[Any] | None) -> datetime | None:
    """Return the last time at which a task was due and not seen to, or None."""
    if latest is None:
        public_log.declare(task.name)
        return None
    found = rhythm.last_until(task, now())
    if found > latest.due_at:
        return found
    return _once_more(task, found) if latest.status == LOST else None


def _once_more(task: Task, due_at: datetime) -> datetime | None:
    """Return the time of a repeat, each a microsecond behind the one before.

    So it is one of its own, whoever looks. After some it waits until the task is due
    again: perhaps it is the task that ends its process.
    """
    if task.missed != ONCE:
        return None
    lost = public_log.lost_since(task.name, due_at)
    return due_at + lost * timedelta(microseconds=1) if 0 < lost <= REPEATS else None


def begin_now(task: Task) -> UUID | None:
    """Take a run of this moment; None where the task is being done already."""
    public_log.bury()
    return public_log.begin(task.name, now())


def do(task: Task, id: UUID) -> tuple[str, str]:
    """Do a task and write down what came of it; return its status and what it said."""
    with (
        context.acting(None),
        looked_after(lambda: public_log.hold(id), public_log.LEASE.total_seconds() / 4),
    ):
        status, said = _outcome(task)
    public_log.end(id, status, said[:LONGEST])
    if status == FAILED:
        log.error("public task failed", task=task.name, problem=said)
    return status, said


def _outcome(task: Task) -> tuple[str, str]:
    try:
        said = task.run()
    except Exception as error:  # a task may raise anything
        known = isinstance(error, ArchivoltError)
        if not known:
            log.exception("public task failed", task=task.name)
        return FAILED, str(error) if known else f"{type(error).__name__}: {error}"
    return DONE, "" if said is None else str(said)
