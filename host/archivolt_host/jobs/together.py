"""Short jobs that are committed at once: one wait for the disk instead of many.

Each runs behind a savepoint, and each one's end stands in the commit of its effect.
"""

import time

import structlog

from archivolt_host.jobs import carrying, claims, running
from archivolt_host.jobs.claims import Claimed
from archivolt_host.jobs.registry import Job
from archivolt_host.tenants import sessions
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.shares import Share

log = structlog.get_logger()

MOST_SECONDS = 0.05  # in which others wait for the database


class Together:
    """The short jobs that have run and are not committed yet."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._whole: sessions.UnitOfWork | None = None
        self._ran: list[tuple[Job, Claimed, object]] = []
        self._failed: list[tuple[Job, Claimed, str]] = []
        self._began = 0.0

    def run(self, job: Job, row: Claimed) -> None:
        """Run one job; commit when the others have waited long enough."""
        if self._whole is None:
            self._whole = sessions.UnitOfWork(self._tenant.place, write=True)
            self._began = time.monotonic()
        with carrying.acting(self._tenant, row.carried):
            self._try(self._whole, job, row)
        if time.monotonic() - self._began > MOST_SECONDS:
            self.commit()

    def _try(self, whole: sessions.UnitOfWork, job: Job, row: Claimed) -> None:
        try:
            with running.under_way(job, row):
                result = self._run(whole, job, row)
        except Exception as error:  # a job may raise anything
            log.exception("job failed", job=job.name, id=str(row.id))
            self._failed.append((job, row, running.told(error)))
        else:
            self._ran.append((job, row, result))

    def _run(self, whole: sessions.UnitOfWork, job: Job, row: Claimed) -> object:
        share = Share(whole)
        with sessions.entered(share):
            result = running.called(job, row.arguments)
            running.unlimited()  # from here on it counts as done
            share.commit()
        return result

    def commit(self) -> None:
        """Make it all durable; where that fails, run each job by itself."""
        whole, self._whole = self._whole, None
        ran, self._ran = self._ran, []
        failed, self._failed = self._failed, []
        if whole is None:
            return
        try:
            self._commit(whole, ran)
        except Exception as error:  # one job's lost lease, or the database's own
            log.warning("short jobs are run again, one by one", problem=str(error))
            for job, row, _ in ran:
                if claims.is_ours(row):
                    running.run(self._tenant, job, row)
        for job, row, problem in failed:
            running.note_failure(job, row, problem)

    def give_up(self) -> None:
        """Undo what is not committed, so that it holds the database no longer."""
        whole, self._whole = self._whole, None
        if whole is not None:
            whole.rollback()

    def _commit(
        self, whole: sessions.UnitOfWork, ran: list[tuple[Job, Claimed, object]]
    ) -> None:
        with sessions.entered(whole):
            connection = whole.connection
            claims.finish_together(
                connection, [(row, result) for _, row, result in ran]
            )
            whole.commit()
