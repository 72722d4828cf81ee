"""A tenant's turn at a worker: its due jobs, claimed in batches, one after the other.

A thread looks after the turn: it extends the leases, and when a job takes long, lets
other workers have what waits behind it.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

import structlog

from archivolt_host.errors import NotFoundError
from archivolt_host.jobs import claims, parking, running
from archivolt_host.jobs.claims import Claimed
from archivolt_host.jobs.looking import looked_after
from archivolt_host.jobs.registry import FORKED, Job, jobs
from archivolt_host.jobs.together import Together
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.context import Tenant

log = structlog.get_logger()

SLICE = 1.0  # seconds for one tenant before the others have their turn
FIRST_BATCH, LARGEST_BATCH = 10, 100  # jobs
BATCH_SECONDS = 0.25  # how much work to claim at once
LOOK_EVERY = 0.5  # seconds between two looks at the turn
LONG = 1.0  # seconds after which nothing else shall wait behind a job
HOLD_EVERY = claims.LEASE.total_seconds() / 3
OVERDUE = 10.0  # seconds after its timeout in which a job should have been interrupted
ASLEEP = timedelta(seconds=30)  # until a job unknown here is tried again, elsewhere
STUCK = 70  # exit status of a worker whose job cannot be interrupted


class Turn:
    """The jobs that a worker has claimed from one tenant's queue."""

    def __init__(self, tenant: Tenant, queue: str) -> None:
        self.tenant = tenant
        self.queue = queue
        self.may_exit = False
        self._waiting: deque[Claimed] = deque()
        self._current: tuple[Claimed, float, float] | None = None
        self._ended: running.Ended = []
        self._was_tried = False
        self._together = Together(tenant)
        self._held_at = time.monotonic()
        self._mutex = threading.Lock()
        self._looking = threading.Lock()

    def take(
        self, stop: Callable[[], bool], seconds: float = SLICE
    ) -> tuple[int, bool]:
        """Run what is due until the time is up; return how many, and if there is more.

        ``stop`` is asked between two jobs.
        """
        done, until = 0, time.monotonic() + seconds
        size = 1 if self.queue in FORKED else FIRST_BATCH
        with looked_after(self._look, LOOK_EVERY):
            while time.monotonic() < until and not stop():
                began, self._was_tried = time.monotonic(), False
                found = self._claim(size)
                ran = self._run_batch(lambda: time.monotonic() > until or stop())
                done += ran
                if found < size:
                    return done, ran < found
                size = self._next_size(size, time.monotonic() - began)
        return done, True

    def take_one(self) -> bool:
        """Run the most urgent job; return whether there was one."""
        with looked_after(self._look, LOOK_EVERY):
            self._claim(1)
            return self._run_batch(lambda: False) > 0

    def _next_size(self, size: int, seconds: float) -> int:
        if self.queue in FORKED or self._was_tried:
            return 1
        fitting = int(size / max(seconds, 0.001) * BATCH_SECONDS)
        return min(max(fitting, 1), LARGEST_BATCH)

    def _claim(self, size: int) -> int:
        rows = claims.claim(self.queue, size)
        with self._mutex:
            self._waiting.extend(rows)
            self._held_at = time.monotonic()
        return len(rows)

    def _run_batch(self, stop: Callable[[], bool]) -> int:
        done = 0
        try:
            while not (done and stop()) and (row := self._next()) is not None:
                self._run(row)
                done += 1
            self._together.commit()
        finally:
            self._together.give_up()
            with self._mutex:
                self._current = None
            self._settle(give_back=True)
        return done

    def _next(self) -> Claimed | None:
        with self._mutex:
            if not self._waiting:
                return None
            row = self._waiting.popleft()
            self._current = (row, time.monotonic(), float("inf"))
            return row

    def _run(self, row: Claimed) -> None:
        job = self._runnable(row)
        if job is None:
            return
        if row.attempts > 1:
            self._be_alone()
        with self._mutex:
            self._current = (row, time.monotonic(), job.timeout)
        if job.short and self.queue not in FORKED:
            self._together.run(job, row)
            return
        self._together.commit()
        if self.queue in FORKED:
            running.run_forked(self.tenant, job, row, self._looking)
        else:
            running.run(self.tenant, job, row, self._ended)

    def _runnable(self, row: Claimed) -> Job | None:
        """Return the row's job, or let it wait where it cannot be run now."""
        try:
            job = jobs().get(row.name)
        except NotFoundError as error:
            reason = f"{error} Its plugin is not loaded here."
            self._leave(row, lambda: claims.put_off(row, now() + ASLEEP, reason))
            return None
        enabled = dispatch.registry().enabled(self.tenant.slug)
        if job.plugin != "host" and job.plugin not in enabled:
            self._leave(row, lambda: parking.park(row, job.plugin))
            return None
        return job

    def _leave(self, row: Claimed, put: Callable[[], None]) -> None:
        """Have a job wait; what short ones wrote comes first, else we wait for us."""
        self._together.commit()
        try:
            put()
        except claims.LeaseLostError as lost:
            log.warning("job lost", job=row.name, problem=str(lost))

    def _be_alone(self) -> None:
        """Keep others from what befell a job at its last attempt, such as a crash."""
        self._was_tried = True
        self._together.commit()
        self._settle(give_back=True)

    def _settle(self, *, give_back: bool) -> None:
        """Mark what has ended; let others have what was not begun."""
        with self._mutex:
            ended, self._ended[:] = list(self._ended), []
            waiting = list(self._waiting) if give_back else []
            if give_back:
                self._waiting.clear()
        if not ended and not waiting:
            return
        with context.acting(self.tenant), sessions.transaction() as work:
            claims.finish_all(work.connection, ended)
            claims.give_back_all(work.connection, waiting)

    def _look(self) -> None:
        """Settle what need not wait, and keep what is still ours."""
        with self._mutex:
            current = self._current
        _, began, timeout = current or (None, time.monotonic(), float("inf"))
        lasted = time.monotonic() - began
        with self._looking:
            self._settle(give_back=lasted > LONG)
            if lasted > timeout + OVERDUE:
                self._give_up()
            elif time.monotonic() - self._held_at > HOLD_EVERY:
                self._hold()

    def _hold(self) -> None:
        self._held_at = time.monotonic()
        with self._mutex:
            rows = [*self._waiting, *([self._current[0]] if self._current else [])]
        with context.acting(self.tenant), sessions.transaction() as work:
            claims.hold_all(work.connection, rows)

    def _give_up(self) -> None:
        """End a process whose job cannot be interrupted; its lease runs out."""
        log.error("job cannot be interrupted", tenant=self.tenant.slug)
        if self.may_exit:
            os._exit(STUCK)
