"""The worker: rung for a tenant and queue, it drains what is due there.

RQ brings the ring and is paid once per turn; the jobs themselves are claimed from the
tenant's database, each run in its tenant, its effect committed with its own end.
"""

import threading
from typing import Any

from archivolt_host.jobs import delivery, rings
from archivolt_host.jobs.turns import Turn
from archivolt_host.tenants import context
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.context import Tenant

_catalog: Catalog | None = None
_stopping = threading.Event()  # at SIGTERM: the job under way is finished, no other
_is_worker = False


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
    """Run what is due in one queue of one tenant; return how many jobs that were.

    When its time is up, the tenant is rung for again, behind all others.
    """
    rings.bell().answer(slug, queue)
    tenant = catalog().find(slug)
    if tenant is None:
        return 0  # disabled since: its jobs wait in its own database
    with context.acting(tenant):
        done, is_more = _take(tenant, queue)
    if is_more:
        rings.bell().ring(slug, queue, behind=True)
    return done


def _take(tenant: Tenant, queue: str) -> tuple[int, bool]:
    if queue == rings.EVENTS:
        return delivery.take(tenant, _stopping.is_set)
    turn = Turn(tenant, queue)
    turn.may_exit = _is_worker
    return turn.take(_stopping.is_set)


def run_next(tenant: Tenant, queue: str) -> bool:
    """Claim one job and run it; return whether there was one."""
    return Turn(tenant, queue).take_one()


def work(url: str, queues: tuple[str, ...]) -> None:
    """Wait for rings until SIGTERM; the job under way is finished first."""
    global _is_worker
    from rq import SimpleWorker
    from rq.serializers import JSONSerializer

    class Worker(SimpleWorker):
        def procline(self, message: str) -> None:
            """Leave the process's title to the supervisor."""

        def handle_warm_shutdown_request(self) -> None:
            """Begin no other job."""
            _stopping.set()

    _is_worker = True
    _stopping.clear()
    worker: Any = Worker(
        list(queues), connection=rings.connect_blocking(url), serializer=JSONSerializer
    )
    worker.work(logging_level="WARNING", with_scheduler=False)
    rings.bell().close()
