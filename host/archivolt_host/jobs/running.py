"""Runs one claimed job: as whoever enqueued it, its effect committed with its end."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

import structlog

from archivolt_host.jobs import carrying, claims
from archivolt_host.jobs.claims import Claimed
from archivolt_host.jobs.registry import Job
from archivolt_host.plugins import granting, timing
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import sessions
from archivolt_host.tenants.context import Tenant
from archivolt_host.written import refuse_unwritable

log = structlog.get_logger()

GRACE = 5.0  # seconds between asking a process to end and ending it
POLL = 0.05  # seconds

Ended = list[tuple[Claimed, object]]

_current: ContextVar[Claimed | None] = ContextVar("current_job", default=None)


class JobTimeoutError(Exception):
    """The job took longer than it may."""


def run(tenant: Tenant, job: Job, row: Claimed, ended: Ended | None = None) -> None:
    """Run one claimed job; a failure is noted, never lost.

    One that left nothing to commit is put among the ``ended``, to be marked soon.
    """
    with carrying.acting(tenant, row.carried):
        try:
            with under_way(job, row):
                _run_in_one_unit(tenant, job, row, ended)
        except claims.LeaseLostError as error:
            log.warning("job lost", job=job.name, problem=str(error))
        except Exception as error:  # a job may raise anything
            log.exception("job failed", job=job.name, id=str(row.id))
            note_failure(job, row, told(error))


@contextmanager
def under_way(job: Job, row: Claimed) -> Iterator[None]:
    """Let this be the job that runs, for as long as it may take."""
    token = _current.set(row)
    try:
        with (
            timing.measured(job.plugin, f"job {job.name}"),
            limited(job.timeout),
        ):
            yield
    finally:
        _current.reset(token)


def _run_in_one_unit(
    tenant: Tenant, job: Job, row: Claimed, ended: Ended | None
) -> None:
    """Commit a job's effect and its end together; inner transactions hold the fence."""
    fence = claims.Fence(row)
    with sessions.guarded(tenant.place, fence):
        work = sessions.UnitOfWork(tenant.place, write=True)
        work.after_commit(fence.lift)  # first, for what else waits for the commit
        with sessions.entered(work):
            result = called(job, row.arguments)
            has_effect = work.began or fence.was_asked or row.group_id is not None
            if has_effect or ended is None:
                work.guard = lambda connection: claims.finish(connection, row, result)
                work.connection  # noqa: B018 - begins it for the end mark alone
            else:
                ended.append((row, result))
            work.commit()


def called(job: Job, arguments: Mapping[str, Any]) -> object:
    """Run a job's code with what its plugin may reach; return its result.

    The result is written as JSON: what cannot be so written is a TypeError.
    """
    try:
        with granting.at_work(None if job.plugin == HOST else job.plugin):
            result = job.run(**arguments)
    except SystemExit as error:  # of some library: it is not the worker that ends
        raise RuntimeError(f"It asked to exit with {error.code}.") from error
    if result is not None:
        refuse_unwritable("A result is JSON", result)
    return result


def told(error: Exception) -> str:
    """Say what went wrong in a job, in one line."""
    return f"{type(error).__name__}: {error}"


def note_failure(job: Job, row: Claimed, problem: str) -> None:
    """Have the job tried again, or put it among the failed ones."""
    try:
        claims.fail(row, problem, job.backoff)
    except claims.LeaseLostError as lost:
        log.warning("job lost", job=row.name, problem=str(lost))


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer, where this is the main thread of a process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: Any) -> None:
        raise JobTimeoutError(f"It took longer than {seconds:g} seconds.")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def unlimited() -> None:
    """Interrupt the job under way no more."""
    if threading.current_thread() is threading.main_thread():
        signal.setitimer(signal.ITIMER_REAL, 0)


def run_forked(
    tenant: Tenant, job: Job, row: Claimed, still: AbstractContextManager[Any]
) -> None:
    """Run a long job in a process of its own: what it leaks or breaks ends with it.

    ``still`` keeps other threads from the database, else the child gets a connection.
    """
    with still:
        sessions.databases().dispose()
        child = os.fork()
    if child == 0:
        _be_the_child(tenant, job, row)
    problem = _watched(child, job.timeout)
    if problem:
        note_failure(job, row, problem)


def _be_the_child(tenant: Tenant, job: Job, row: Claimed) -> None:
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        run(tenant, job, row)
        code = 0
    finally:
        os._exit(code)


def _watched(child: int, seconds: float) -> str:
    """Wait for a child, end one that takes too long; return what went wrong."""
    until, signals = time.monotonic() + seconds + GRACE, [signal.SIGTERM]
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return f"Its process ended with status {status}." if status else ""
        if time.monotonic() > until:
            os.kill(child, signals.pop() if signals else signal.SIGKILL)
            until += GRACE
        time.sleep(POLL)


def progress(fraction: float) -> None:
    """Note how far the job under way has come, from 0 to 1; stop one that is not ours.

    Shown at once, unless the job has begun to write: then with its commit.
    """
    row = _current.get()
    if row is None:
        raise RuntimeError("Progress is for a job that runs.")
    unit = sessions.unit()
    if unit.began:
        claims.note_progress(unit.connection, row, fraction)
        return
    with sessions.transaction() as work:
        claims.note_progress(work.connection, row, fraction)
