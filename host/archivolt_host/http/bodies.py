"""Request bodies may hold part of a process's threads, however slowly they come.

The server reads bodies by blocking a thread, without any limit of time. So a body takes
a slot at its first read and gives it back at its end; there are fewer slots than
threads, and whoever finds none free is answered 503 at once. A blocked read cannot be
broken off: when every slot is held by a body that has stalled, the process ends, the
supervisor starts a fresh one, and the stalled connections are cut.
"""

import io
import os
import signal
import threading
from time import monotonic, sleep
from typing import Any

import structlog

from archivolt_host.errors import UnavailableError

log = structlog.get_logger()

SPARED = 2  # threads that no body can hold
SLOWEST = 1024  # bytes per second; what is slower for long has stalled
LARGEST_PIECE = 64 * 1024
SMALLEST_PIECE = 4096
QUICK, SLOW = 0.05, 1.0  # seconds for a piece, before the next one grows or shrinks
EMPTY = ("", "0")


class Body(io.RawIOBase):
    """One request's body, as its view reads it."""

    def __init__(self, bodies: "Bodies", stream: Any, length: int | None) -> None:
        self._bodies = bodies
        self._stream = stream
        self._left = length
        self._holds = False
        self._piece = SMALLEST_PIECE
        self._came = self._came_before = 0
        # Seconds spent in waiting for the client; what the view does is not counted.
        self._waited = self._waited_before = 0.0
        self._waits_since: float | None = None
        self.began = 0.0

    def readable(self) -> bool:
        """Return that it can be read, as a stream has to."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next piece; small ones while little comes, so that it is noticed."""
        if not self._holds:
            if self._came:
                return 0  # it ended
            self._bodies.take(self)
            self._holds, self.began = True, monotonic()
        data = self._next(min(len(buffer), self._piece))
        buffer[: len(data)] = data
        if not data or self._left == 0:
            self.release()
        return len(data)

    def _next(self, size: int) -> bytes:
        began = self._waits_since = monotonic()
        try:
            data: bytes = self._stream.read(size)
        finally:
            self._waits_since = None
            took = monotonic() - began
            self._waited += took
        self._note(len(data), took)
        return data

    def _note(self, count: int, took: float) -> None:
        self._came += count
        if self._left is not None:
            self._left -= count
        if took < QUICK:
            self._piece = min(self._piece * 2, LARGEST_PIECE)
        elif took > SLOW:
            self._piece = SMALLEST_PIECE
        if self._came - self._came_before >= SLOWEST * self._bodies.patience:
            self._came_before, self._waited_before = self._came, self._waited

    def has_stalled(self) -> bool:
        """Return whether it has been slower than the slowest for long."""
        since, waited = self._waits_since, self._waited - self._waited_before
        if since is not None:
            waited += monotonic() - since
        return waited >= self._bodies.patience

    def release(self) -> None:
        """Give the slot back, where it still has one."""
        if self._holds:
            self._holds = False
            self._bodies.give_back(self)


class Bodies:
    """The bodies that this process reads, and how many it may read at once."""

    def __init__(self, threads: int, patience: float) -> None:
        self.slots = max(1, threads - SPARED)
        self.patience = patience
        self._free = threading.Semaphore(self.slots)
        self._held: set[Body] = set()
        self._mutex = threading.Lock()
        self._watched = False

    def of(self, environ: dict[str, Any]) -> Body | None:
        """Put itself around a request's body; None where there is none."""
        sent = environ.get("CONTENT_LENGTH", "")
        if sent in EMPTY and "HTTP_TRANSFER_ENCODING" not in environ:
            return None
        length = int(sent) if sent.isdecimal() else None
        body = Body(self, environ["wsgi.input"], length)
        environ["wsgi.input"] = body
        return body

    def take(self, body: Body) -> None:
        """Take a slot, or raise UnavailableError."""
        if not (self._free.acquire(blocking=False) or self._soon()):
            self._watch()
            raise UnavailableError(
                "Too many uploads are under way here: try again in a moment."
            )
        with self._mutex:
            self._held.add(body)

    def _soon(self) -> bool:
        """Wait for a slot, as long as a small body takes, if one was just taken."""
        with self._mutex:
            newest = max((body.began for body in self._held), default=0.0)
        if monotonic() - newest > QUICK:
            return False
        return self._free.acquire(timeout=QUICK)

    def give_back(self, body: Body) -> None:
        """Let the next body have the slot."""
        with self._mutex:
            self._held.discard(body)
        self._free.release()

    def stalled(self) -> int:
        """Return how many threads are lost to bodies that have stalled."""
        with self._mutex:
            return sum(body.has_stalled() for body in self._held)

    def _watch(self) -> None:
        """Look after the bodies from now on, until there is room again."""
        with self._mutex:
            if self._watched:
                return
            self._watched = True
        threading.Thread(target=self._look, name="bodies", daemon=True).start()

    def _look(self) -> None:
        while len(self._held) == self.slots:
            if self.stalled() == self.slots:
                self._end()
                return
            sleep(min(1.0, self.patience / 10))
        self._watched = False

    def _end(self) -> None:
        """End this process in order; its supervisor starts another one."""
        log.error(
            "all uploads have stalled, so this process ends and another one starts",
            uploads=self.slots,
            seconds=self.patience,
        )
        os.kill(os.getpid(), signal.SIGTERM)
