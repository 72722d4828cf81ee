"""What the long-running processes do, each in a fork that shares the preloaded host."""

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archivolt_host.jobs import rings

if TYPE_CHECKING:
    from archivolt_host.app import Host

SWEEP_EVERY = 600  # seconds


def preload(host: "Host") -> None:
    """Import what the children need before the fork, so that they share it."""
    import rq
    import rq.serializers
    import rq_scheduler

    import archivolt_host.jobs.relay

    _ = (rq, rq.serializers, rq_scheduler, archivolt_host.jobs.relay)


def work(host: "Host") -> None:
    """Be a worker."""
    from archivolt_host.jobs import worker
    from archivolt_host.jobs.registry import QUEUES

    worker.work(host.valkey_url, QUEUES)


def relay(host: "Host") -> None:
    """Be the relay."""
    from archivolt_host.jobs.relay import Relay

    Relay(host.catalog, host.valkey_url).run(_until_terminated())


def schedule(host: "Host") -> None:
    """Be the scheduler: rings that come around, registered anew at every start."""
    from rq.serializers import JSONSerializer
    from rq_scheduler import Scheduler

    from archivolt_host.jobs import sweeping

    scheduler = Scheduler(
        queue_name="low",
        connection=rings.connect_blocking(host.valkey_url),
        interval=5,
        job_class=None,
    )
    scheduler.cancel("archivolt-sweep")
    scheduler.schedule(
        datetime.now(UTC),
        sweeping.sweep_all,
        id="archivolt-sweep",
        interval=SWEEP_EVERY,
        result_ttl=-1,
        queue_name="low",
    )
    _ = JSONSerializer
    scheduler.run()


def _until_terminated() -> Callable[[float], bool]:
    """Return a wait that ends early, with True, at SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop.wait
