"""Keep a set of processes alive, and stop them in order: one thread, no polling."""

import gc
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from archivolt_host.cli.run.children import Child, spawn
from archivolt_host.cli.run.signals import Signals
from archivolt_host.cli.run.slots import Slot, how

log = logging.getLogger("archivolt.run")

STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
ASK_AGAIN = 0.02  # seconds between two questions to a child that is starting
KILLED = 130  # what shells report after a Ctrl-C


class Supervisor:
    """Start children in the given order, restart the dead, stop in reverse order."""

    def __init__(
        self, children: Sequence[Child], *, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        self._children = children
        self._on_ready = on_ready
        self._slots = [Slot(child) for child in children for _ in range(child.count)]
        self._signals = Signals()
        self._stopping = False
        self._hurried = False

    def run(self) -> int:
        """Run until told to stop, and return the exit code."""
        _warn_about_threads()
        with _shared_pages(), self._signals:
            try:
                self._start()
                while not self._stopping:
                    self._turn(self._until_due())
            finally:
                self._stop()
        return KILLED if self._hurried else 0

    def _start(self) -> None:
        for child in self._children:
            for slot in self._slots_of(child):
                self._fill(slot)
            self._await(child)
            if self._stopping:
                return
        self._on_ready()

    def _await(self, child: Child) -> None:
        """Let a child get ready; one that takes too long is only reported."""
        if child.ready is None:
            return
        deadline = time.monotonic() + child.patience
        while not self._stopping and not child.ready():
            if time.monotonic() > deadline:
                log.warning(
                    "%s is not ready after %g s; going on without waiting for it",
                    child.name,
                    child.patience,
                )
                return
            self._turn(ASK_AGAIN)

    def _turn(self, seconds: float | None) -> None:
        """Wait for news, then do what it asks for."""
        came = self._signals.wait(seconds)
        if self._stopping and signal.SIGINT in came:
            self._hurried = True
        self._stopping = self._stopping or bool(came & STOPPING)
        self._reap()
        if not self._stopping:
            self._refill()

    def _until_due(self) -> float | None:
        dues = [slot.due for slot in self._slots if slot.due is not None]
        return max(0.0, min(dues) - time.monotonic()) if dues else None

    def _refill(self) -> None:
        now = time.monotonic()
        for slot in self._slots:
            if slot.due is not None and slot.due <= now:
                self._fill(slot)

    def _fill(self, slot: Slot) -> None:
        pid = spawn(slot.child, forget=self._signals.forget)
        slot.started(pid, time.monotonic())

    def _reap(self) -> None:
        for pid, status in _ended():
            slot = next((slot for slot in self._slots if slot.pid == pid), None)
            if slot is not None:
                _kill_group(pid)  # what it had forked itself
                self._bury(slot, status)

    def _bury(self, slot: Slot, status: int) -> None:
        pid = slot.pid
        delay = slot.died(time.monotonic())
        if self._stopping:
            slot.due = None
            return
        when = f" in {delay:g} s" if delay else ""
        log.warning(
            "%s (process %s) %s; starting it again%s",
            slot.child.name,
            pid,
            how(status),
            when,
        )

    def _stop(self) -> None:
        self._stopping = True
        for child in reversed(self._children):
            self._stop_kind(child)

    def _stop_kind(self, child: Child) -> None:
        for pid in self._pids(child):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + child.grace
        while self._pids(child) and not self._hurried:
            left = deadline - time.monotonic()
            if left <= 0:
                self._report_late(child)
                break
            self._turn(left)
        self._kill(child)

    def _kill(self, child: Child) -> None:
        for pid in self._pids(child):
            _kill_group(pid)
        while self._pids(child):
            self._turn(None)

    def _report_late(self, child: Child) -> None:
        for pid in self._pids(child):
            late = "%s (process %s) did not stop in %g s; killing it"
            log.warning(late, child.name, pid, child.grace)

    def _slots_of(self, child: Child) -> list[Slot]:
        return [slot for slot in self._slots if slot.child is child]

    def _pids(self, child: Child) -> list[int]:
        return [slot.pid for slot in self._slots_of(child) if slot.pid is not None]


def _ended() -> Iterator[tuple[int, int]]:
    """Yield the children that have ended, as (pid, exit code)."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            yield pid, os.waitstatus_to_exitcode(status)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


@contextmanager
def _shared_pages() -> Iterator[None]:
    """Keep the collector from touching, and so copying, what the forks share."""
    gc.collect()
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        gc.unfreeze()


def _warn_about_threads() -> None:
    """A thread does not survive a fork, but a lock that it holds does."""
    tasks = "/proc/self/task"
    count = len(os.listdir(tasks)) if os.path.isdir(tasks) else 1
    if count > 1:
        log.warning(
            "%s threads run before the fork: the application should start its"
            " threads in the processes that use them",
            count,
        )
