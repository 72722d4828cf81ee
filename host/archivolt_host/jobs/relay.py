"""The relay: finds due work that no ring announced, without looking at every tenant."""

import math
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.errors import ArchivoltError
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
SWEEP_EVERY = 300.0  # seconds in which a round passes all tenants, where they are few
CALM = 4  # tenants of a round in one look: it costs the same however many there are
BRISK = 100  # in the first round, which has new declarations to write down
AGAIN = timedelta(seconds=60)  # after which a tenant that could not be read is tried


class Relay:
    """Looks at hot tenants every two seconds, and in rounds at all, some at a time."""

    def __init__(self, catalog: Catalog, url: str) -> None:
        self.catalog = catalog
        self._valkey = rings.connect(url)
        self._swept_at = float("-inf")
        self._round: deque[UUID] = deque()
        self._portion = BRISK

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Look until ``stopped(seconds)``, which waits, says so."""
        while True:
            try:
                self.look()
            except (RedisError, SQLAlchemyError, ArchivoltError, OSError) as error:
                log.warning("relay cannot look", problem=str(error))
            if stopped(LOOK_EVERY):
                return

    def look(self) -> int:
        """Ring for everything due; return the number of tenants looked at."""
        self.catalog.refresh()  # what was switched meanwhile
        return self._look_at_awake() + self._sweep_some()

    def _look_at_awake(self) -> int:
        rows = {row.tenant_id: row for row in wake.awake()}
        for tenant in self.catalog.by_id(list(rows)):
            row = rows[tenant.id]
            is_cold = row.hot_until < now()
            next_at = self._looked(tenant, find_next=is_cold)
            if is_cold:
                wake.cooled(tenant.id, row.hot_until, next_at)
        return len(rows)

    def _sweep_some(self) -> int:
        """Look at the next few tenants of the round; begin one when it is time."""
        if not self._round and time.monotonic() - self._swept_at > SWEEP_EVERY:
            self._begin_round()
        count = min(self._portion, len(self._round))
        if not count:
            return 0
        ids = [self._round.popleft() for _ in range(count)]
        expected = wake.expected(ids)
        for tenant in self.catalog.by_id(ids):
            next_at = self._looked(tenant, find_next=True)
            if next_at != expected.get(tenant.id):
                wake.expect(tenant.id, next_at)
        return count

    def _begin_round(self) -> None:
        is_first = math.isinf(self._swept_at)
        self._swept_at = time.monotonic()
        self._round.extend(tenant.id for tenant in self.catalog.all())
        needed = math.ceil(len(self._round) * LOOK_EVERY / SWEEP_EVERY)
        self._portion = BRISK if is_first else min(needed, CALM)

    def _looked(self, tenant: Tenant, *, find_next: bool) -> datetime | None:
        """Ring for a tenant; one that cannot be read hides no other, and waits."""
        try:
            return self._ring_for(tenant, find_next=find_next)
        except RedisError:  # no tenant's fault: none can be rung for
            raise
        except Exception as error:  # whatever is wrong, it is wrong with this one
            log.exception("tenant unreadable", tenant=tenant.slug, problem=str(error))
            return now() + AGAIN

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
