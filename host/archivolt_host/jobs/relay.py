"""The relay: finds due work that no ring announced, without looking at every tenant."""

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.jobs import (
    claims,
    lanes,
    parking,
    positions,
    rings,
    schedules,
    wake,
)
from archivolt_host.jobs.rings import Ring
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.context import Tenant

log = structlog.get_logger()

LOOK_EVERY = 2.0  # seconds
SWEEP_EVERY = 300.0  # seconds between two looks at all tenants


class Relay:
    """Looks at hot tenants every two seconds, at all of them every five minutes."""

    def __init__(self, catalog: Catalog, url: str) -> None:
        self.catalog = catalog
        self._valkey = rings.connect(url)
        self._swept_at = 0.0

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Look until ``stopped(seconds)``, which waits, says so."""
        while True:
            try:
                self.look()
            except (RedisError, SQLAlchemyError, OSError) as error:
                log.warning("relay cannot look", problem=str(error))
            if stopped(LOOK_EVERY):
                return

    def look(self) -> int:
        """Ring for everything due; return the number of tenants looked at."""
        self.catalog.refresh()  # what was switched meanwhile
        if time.monotonic() - self._swept_at > SWEEP_EVERY:
            self._swept_at = time.monotonic()
            return self._sweep()
        rows = {row.tenant_id: row for row in wake.awake()}
        for tenant in self.catalog.by_id(list(rows)):
            row = rows[tenant.id]
            is_cold = row.hot_until < now()
            next_at = self._ring_for(tenant, find_next=is_cold)
            if is_cold:
                wake.cooled(tenant.id, row.hot_until, next_at)
        return len(rows)

    def _sweep(self) -> int:
        tenants, expected = self.catalog.all(), wake.expected()
        for tenant in tenants:
            try:
                next_at = self._ring_for(tenant, find_next=True)
                if next_at != expected.get(tenant.id):
                    wake.expect(tenant.id, next_at)
            except SQLAlchemyError as error:  # one broken tenant must not hide others
                log.error("tenant unreadable", tenant=tenant.slug, problem=str(error))
        return len(tenants)

    def _ring_for(self, tenant: Tenant, *, find_next: bool = False) -> datetime | None:
        with context.acting(tenant):
            parking.wake(tenant, anyway=find_next)
            schedules.sync(tenant)
            schedules.tick(tenant)
            positions.give()
            with sessions.reading() as work:
                queues = claims.waiting_queues(work.connection)
                waiting = lanes.waiting(work.connection)
                next_at = _next_time(work.connection) if find_next else None
        if waiting & dispatch.registry().enabled(tenant.slug):
            queues.add(rings.EVENTS)
        if queues:
            rings.ring_now(self._valkey, {Ring(tenant.slug, q) for q in queues})
        return next_at


def _next_time(connection: Connection) -> datetime | None:
    sources = (claims, lanes, schedules)
    times = [source.next_time(connection) for source in sources]
    return min((t for t in times if t is not None), default=None)
