"""The second ticker: what rq-scheduler rings for, registered anew at every start."""

from typing import Any

from rq.job import Job
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from archivolt_host.jobs import bus, rings, worker
from archivolt_host.jobs.registry import jobs
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now

ID = "archivolt-sweep"
SWEEP_EVERY = 3600  # seconds
POLL_EVERY = 5  # seconds


class PlainJob(Job):
    """A job without pickle: whoever can write to Valkey must not run code here."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "serializer": JSONSerializer})


def scheduler(url: str) -> Scheduler:
    """Return the ticker with its entries registered."""
    ticker = Scheduler(
        queue_name="low",
        connection=rings.connect_blocking(url),
        interval=POLL_EVERY,
        job_class=PlainJob,
    )
    ticker.cancel(ID)
    ticker.schedule(
        now().replace(tzinfo=None),
        sweep_all,
        id=ID,
        interval=SWEEP_EVERY,
        result_ttl=-1,
        queue_name="low",
    )
    return ticker


def sweep_all() -> int:
    """Put one sweep into every tenant's own queue; a waiting one is not doubled."""
    tenants = worker.catalog().all()
    sweep = jobs().get("host.sweep")
    for tenant in tenants:
        with context.acting(tenant), sessions.transaction():
            bus.enqueue(sweep, unique=sweep.name)
    return len(tenants)
