"""The second ticker: what rq-scheduler rings for, registered anew at every start."""

from collections.abc import Callable
from typing import Any

import structlog
from redis.exceptions import RedisError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from archivolt_host.jobs import rings, schedules, wake, worker
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.context import Tenant

log = structlog.get_logger()

ID = "archivolt-tick"
TICK_EVERY = 60  # seconds
POLL_EVERY = 5  # seconds


class PlainJob(Job):
    """A job without pickle: whoever can write to Valkey must not run code here."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "serializer": JSONSerializer})


class Ticker(Scheduler):  # type: ignore[misc]  # it has no types
    """A scheduler of a process that has more to do, and its own way to end."""

    def _install_signal_handlers(self) -> None:
        """Leave signals alone: rq-scheduler's do not end it while Valkey is away."""


def keep_ticking(url: str, stopped: Callable[[float], bool]) -> None:
    """Ring when it is time until ``stopped(seconds)``, which waits, says so."""
    ticker: Ticker | None = None
    while True:
        try:
            ticker = ticker or _ticker(url)
            ticker.run(burst=True)
        except RedisError as error:
            ticker = None  # its entries may be lost
            log.warning("the second ticker does not tick", problem=str(error))
        if stopped(POLL_EVERY):
            return


def _ticker(url: str) -> Ticker:
    """Return the ticker with its entries registered."""
    ticker = Ticker(
        queue_name="low",
        connection=rings.connect_blocking(url),
        interval=POLL_EVERY,
        job_class=PlainJob,
    )
    ticker.cancel(ID)
    ticker.schedule(
        now().replace(tzinfo=None),
        tick_all,
        id=ID,
        interval=TICK_EVERY,
        result_ttl=-1,
        queue_name="low",
    )
    return ticker


def tick_all() -> int:
    """Enqueue what is due and the relay has not enqueued, as when it is not there."""
    worker.catalog().refresh()  # what was switched meanwhile
    due = [row.tenant_id for row in wake.awake()]
    return sum(_ticked(tenant) for tenant in worker.catalog().by_id(due))


def _ticked(tenant: Tenant) -> int:
    """Tick in a tenant; one that cannot be read keeps no other from its own."""
    try:
        return schedules.tick(tenant)
    except Exception as error:  # whatever is wrong, it is wrong with this one
        log.exception("tenant unreadable", tenant=tenant.slug, problem=str(error))
        return 0
