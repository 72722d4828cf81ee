"""The worker: rung for a tenant and queue, it drains what is due there.

RQ brings the ring and is paid once per batch; the jobs themselves are claimed from the
tenant's database, each run in its tenant, its effect committed with its own end.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from redis.exceptions import RedisError

from archivolt_hookspecs.identity import Actor
from archivolt_host.errors import NotFoundError
from archivolt_host.jobs import claims, rings
from archivolt_host.jobs.models import JobRow
from archivolt_host.jobs.registry import FORKED, Job, jobs
from archivolt_host.plugins import dispatch, timing
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.context import Tenant

log = structlog.get_logger()

SLICE = 5.0  # seconds for one tenant before the others have their turn
ASLEEP = timedelta(seconds=30)  # until a job of a switched-off plugin is tried again

_catalog: Catalog | None = None


def bind(found: Catalog) -> None:
    """Make this the catalog in which the worker finds tenants."""
    global _catalog
    _catalog = found


def catalog() -> Catalog:
    """Return the bound catalog."""
    if _catalog is None:
        raise RuntimeError("No host is open: call open_host() first.")
    return _catalog


def drain(slug: str, queue: str) -> int:
    """Run what is due in one queue of one tenant; return how many jobs that were."""
    _answer_ring(slug, queue)
    tenant = catalog().find(slug)
    if tenant is None:
        return 0  # disabled since: its jobs wait in its own database
    done, until = 0, time.monotonic() + SLICE
    with context.acting(tenant):
        while time.monotonic() < until:
            if not run_next(tenant, queue):
                return done
            done += 1
    rings.bell().ring(slug, queue)
    return done


def _answer_ring(slug: str, queue: str) -> None:
    """Let the next ring through from here on, before looking at the database."""
    try:
        rings.connect(rings.bell().url).delete(rings.key(slug, queue))
    except RedisError as error:
        log.warning("ring not answered", problem=str(error))


def run_next(tenant: Tenant, queue: str) -> bool:
    """Claim one job and run it; return whether there was one."""
    row = claims.claim(queue)
    if row is None:
        return False
    try:
        job = jobs().get(row.name)
    except NotFoundError as error:
        claims.postpone(row, ASLEEP, f"{error} Its plugin is not loaded here.")
        return True
    if job.plugin != "host" and job.plugin not in dispatch.registry().enabled(
        tenant.slug
    ):
        claims.postpone(row, ASLEEP, f"The plugin {job.plugin} is switched off.")
        return True
    if queue in FORKED:
        _run_forked(tenant, job, row)
    else:
        run(tenant, job, row)
    return True


def run(tenant: Tenant, job: Job, row: JobRow) -> None:
    """Run one claimed job as whoever enqueued it; a failure is noted, never lost."""
    actor = Actor(row.actor_id, row.actor_name, tenant.slug, frozenset(row.actor_roles))
    with context.acting(tenant, actor, row.request_id), _kept(tenant, row):
        try:
            with timing.measured(job.plugin, f"job {job.name}"):
                _run_in_one_unit(tenant, job, row)
        except claims.LeaseLostError as error:
            log.warning("job lost", job=job.name, problem=str(error))
        except Exception as error:  # a job may raise anything
            log.exception("job failed", job=job.name, id=str(row.id))
            _note_failure(row, error)


def _run_in_one_unit(tenant: Tenant, job: Job, row: JobRow) -> None:
    """Commit a job's effect and its end together; inner transactions hold the fence."""
    fence = claims.Fence(row)
    with sessions.guarded(tenant.place, fence):
        work = sessions.UnitOfWork(tenant.place, write=True)
        work.after_commit(fence.lift)  # first, for what else waits for the commit
        with sessions.entered(work):
            result = job.run(**row.arguments)
            work.guard = lambda connection: claims.finish(connection, row, result)
            work.connection  # noqa: B018 - begins a transaction for the end mark alone
            work.commit()


def _note_failure(row: JobRow, error: Exception) -> None:
    try:
        claims.fail(row, f"{type(error).__name__}: {error}")
    except claims.LeaseLostError as lost:
        log.warning("job lost", job=row.name, problem=str(lost))


@contextmanager
def _kept(tenant: Tenant, row: JobRow) -> Iterator[None]:
    """Extend the lease from a thread while the job runs."""
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(claims.LEASE.total_seconds() / 3):
            try:
                with context.acting(tenant), sessions.transaction() as work:
                    claims.hold(work.connection, row)
            except claims.LeaseLostError:
                return

    thread = threading.Thread(target=keep, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def _run_forked(tenant: Tenant, job: Job, row: JobRow) -> None:
    """Run a long job in a process of its own: what it leaks or breaks ends with it."""
    sessions.databases().dispose()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run(tenant, job, row)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status != 0:
        _note_failure(row, RuntimeError(f"its process ended with status {status}"))


def work(url: str, queues: tuple[str, ...]) -> None:
    """Wait for rings until SIGTERM; the job under way is finished first."""
    from rq import SimpleWorker
    from rq.serializers import JSONSerializer

    class Worker(SimpleWorker):
        def procline(self, message: str) -> None:
            """Leave the process's title to the supervisor."""

    worker: Any = Worker(
        list(queues), connection=rings.connect_blocking(url), serializer=JSONSerializer
    )
    worker.work(logging_level="WARNING", with_scheduler=False)
