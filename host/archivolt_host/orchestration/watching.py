"""Has somebody look at the runs of a tenant at the moment a lease can have ended.

A job is put for that moment, in the transaction that begins the run; one that is
already put for an earlier moment looks for itself when to look again.
"""

import math
from datetime import UTC, datetime, timedelta
from uuid import UUID

from archivolt_host.jobs import bus
from archivolt_host.jobs.registry import jobs
from archivolt_host.tenants import context
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.sessions import UnitOfWork

SWEEP = "host.sweep_runs"
GRAIN = 4  # looks per second at most
MARGIN = timedelta(seconds=5)  # for a transaction between its look here and its commit

_watched: dict[UUID, datetime] = {}


def watch(work: UnitOfWork, tenant: Tenant | None, until: datetime) -> None:
    """Have a tenant's runs looked at then, or earlier; the catalog's always are."""
    if tenant is None:
        return
    earliest = _watched.get(tenant.id)
    if earliest is not None and now() + MARGIN < earliest <= until:
        return
    id = tenant.id
    tick = math.ceil(until.timestamp() * GRAIN)
    moment = datetime.fromtimestamp(tick / GRAIN, UTC)
    with context.acting(tenant):
        bus.enqueue(jobs().get(SWEEP), delay=moment - now(), unique=f"{SWEEP}:{tick}")
    work.after_commit(lambda: _watched.update({id: moment}))


def forget() -> None:
    """Forget what is put, as when another host is opened in this process."""
    _watched.clear()
