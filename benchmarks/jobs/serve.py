"""``python -m benchmarks.jobs.serve SIDE URL``: workers of one side, until SIGTERM."""

import os
import signal
import sys
from typing import Any


def main() -> None:
    """Fork the workers, and end with them."""
    side, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    work = {"archivolt": archivolt, "rq": rq}[side](url)
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        children.append(child)

    def stop(*_: Any) -> None:
        for pid in children:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    for pid in children:
        os.waitpid(pid, 0)


def archivolt(url: str) -> Any:
    """Open the host once for all workers."""
    from archivolt_host.app import open_host
    from archivolt_host.cli import processes
    from archivolt_host.cli.logging import configure

    configure("error")
    host = open_host()
    processes.preload()
    host.databases.dispose()
    return lambda: processes.work(host)


def rq(url: str) -> Any:
    """Import what the workers need before they are forked."""
    import redis
    from rq import Queue, SimpleWorker
    from rq.serializers import JSONSerializer

    from benchmarks.jobs import tasks  # noqa: F401 - so that jobs find it

    def work() -> None:
        connection = redis.Redis.from_url(url)
        queue = Queue("benched", connection=connection, serializer=JSONSerializer)
        worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
        worker.work(logging_level="ERROR")

    return work


if __name__ == "__main__":
    main()
