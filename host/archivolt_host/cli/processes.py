"""What the long-running processes do, each in a fork that shares the preloaded host."""

import signal
import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archivolt_host.app import Host


def preload() -> None:
    """Import what the children need before the fork, so that they share it."""
    for module in ("rq", "archivolt_host.jobs.relay", "archivolt_host.jobs.sweeping"):
        import_module(module)


def work(host: "Host") -> None:
    """Be a worker."""
    from archivolt_host.jobs import worker
    from archivolt_host.jobs.registry import QUEUES

    worker.work(host.valkey_url, QUEUES)


def work_short(host: "Host") -> None:
    """Be a worker that no long job keeps."""
    from archivolt_host.jobs import worker
    from archivolt_host.jobs.registry import SHORT_QUEUES

    worker.work(host.valkey_url, SHORT_QUEUES)


def relay(host: "Host") -> None:
    """Be the relay, and go on with what was left of the system's own runs."""
    from archivolt_host.jobs.relay import Relay
    from archivolt_host.orchestration.sweeping import keep_sweeping_system

    stopped = _until_terminated()
    system = threading.Thread(target=keep_sweeping_system, args=(stopped,), daemon=True)
    system.start()
    Relay(host.catalog, host.valkey_url).run(stopped)


def schedule(host: "Host") -> None:
    """Be the scheduler: the second ticker, and public tasks at their time."""
    from archivolt_host.cli.opening import public_tasks
    from archivolt_host.jobs.public import Rounds
    from archivolt_host.jobs.sweeping import keep_ticking

    stopped = _until_terminated()
    rounds = Rounds(public_tasks(host))
    threading.Thread(target=rounds.run, args=(stopped,), daemon=True).start()
    keep_ticking(host.valkey_url, stopped)


def _until_terminated() -> Callable[[float], bool]:
    """Return a wait that ends early, with True, at SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop.wait
