"""The doorbell: one ring per tenant and queue, through RQ, to any free worker.

Ringing is never part of a request: a thread of its own does it, so that a slow or dead
Valkey costs nobody an answer. A lost ring is found by the relay.
"""

import os
import threading
import time
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import structlog
from redis import Redis
from redis.exceptions import RedisError

from archivolt_host.forks import undivided

log = structlog.get_logger()

QUIET = 10  # seconds in which a ring that was not answered is not repeated
CLOSING = 5.0  # seconds for the last rings when a host is closed
GATHERING = 0.002  # seconds in which further rings join
DRAIN = "archivolt_host.jobs.worker.drain"
EVENTS = "events"  # no queue of jobs: news to be delivered
FRONT_DOORS, BACK_DOOR = ("high", "medium", EVENTS), "low"


class Ring(NamedTuple):
    """A tenant's queue to be looked at; ``behind`` all others, when it had its turn."""

    tenant: str
    queue: str
    behind: bool = False

    @property
    def door(self) -> str:
        """The queue in which the ring itself waits."""
        if self.behind and self.queue in FRONT_DOORS:
            return BACK_DOOR
        return "medium" if self.queue == EVENTS else self.queue


class Bell:
    """Rings for this process; after a fork the child has a bell of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pending: SimpleQueue[Ring | None] = SimpleQueue()
        self._owner = 0
        self._thread: threading.Thread | None = None
        self._mutex = threading.Lock()
        self._answering: Redis | None = None

    def ring(self, tenant: str, queue: str, *, behind: bool = False) -> None:
        """Let a worker know, soon, that a tenant's queue holds something."""
        self._ensure_thread()
        self._pending.put(Ring(tenant, queue, behind))

    def answer(self, tenant: str, queue: str) -> None:
        """Let the next ring through from here on, before looking at the database."""
        self._answering = self._answering or connect(self.url)
        try:
            self._answering.delete(key(tenant, queue))
        except RedisError as error:
            log.warning("ring not answered", problem=str(error))

    def close(self) -> None:
        """End the thread, once it has rung for what is pending."""
        if self._owner == os.getpid() and self._thread is not None:
            self._pending.put(None)
            self._thread.join(CLOSING)
        if self._answering is not None:
            self._answering.close()

    def _ensure_thread(self) -> None:
        if self._owner == os.getpid():
            return
        with self._mutex:
            if self._owner != os.getpid():
                self._pending = SimpleQueue()
                self._owner = os.getpid()
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.name = "bell"
                self._thread.start()

    def _work(self) -> None:
        with connect(self.url) as connection:
            while rings := self._gathered():
                try:
                    ring_now(connection, rings)
                except RedisError as error:
                    log.warning("ring lost, the relay will find it", problem=str(error))

    def _gathered(self) -> set[Ring]:
        """Wait for a ring and take those that came with it; none at the end."""
        rings: set[Ring] = set()
        ring = self._pending.get()
        time.sleep(GATHERING if ring else 0)
        while ring is not None:
            rings.add(ring)
            try:
                ring = self._pending.get_nowait()
            except Empty:
                return rings
        if rings:
            self._pending.put(None)  # the end is for the next time
        return rings


def connect(url: str) -> Redis:
    """Return a connection that gives up rather than waits."""
    return Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)


def connect_blocking(url: str) -> Redis:
    """Return a connection for a worker, which waits for rings."""
    return Redis.from_url(url)


def ring_now(connection: Any, rings: set[Ring]) -> None:
    """Ring for each tenant and queue that has no unanswered ring."""
    with undivided():
        from rq import Queue  # a web process that enqueues nothing need not import RQ
        from rq.serializers import JSONSerializer

    for ring in rings:
        tenant, queue, _ = ring
        if connection.set(key(tenant, queue), b"1", nx=True, ex=QUIET):
            Queue(ring.door, connection=connection, serializer=JSONSerializer).enqueue(
                DRAIN, tenant, queue, result_ttl=0, failure_ttl=3600, job_timeout=-1
            )


def key(tenant: str, queue: str) -> str:
    """Return the key that stands while a ring is unanswered."""
    return f"archivolt:ring:{tenant}:{queue}"


_bell: Bell | None = None


def bind(bell: Bell) -> None:
    """Make this the bell of this process."""
    global _bell
    _bell = bell


def bell() -> Bell:
    """Return the bound bell."""
    if _bell is None:
        raise RuntimeError("No host is open: call open_host() first.")
    return _bell
