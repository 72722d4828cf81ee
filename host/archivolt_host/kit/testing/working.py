"""Run jobs in the test's own process, and count what they and others ask of SQL."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from archivolt_host.jobs.models import JobRow
    from archivolt_host.tenants.context import Tenant

FRAMES = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")
EPOCH = "SELECT epoch."  # every half second, whatever is asked
RunJobs = Callable[..., Sequence["JobRow"]]


@pytest.fixture
def run_jobs(request: pytest.FixtureRequest) -> RunJobs:
    """Run the due jobs of a tenant until none is left: ``run_jobs()``.

    They are claimed and run by the worker's own code, as whoever enqueued them, and
    news is delivered; what waited for its plugin to be switched on is woken. What was
    tried is returned as it stands afterwards: ``job.status``, ``job.problem``. A job
    that failed waits for its next attempt; a delayed one for its time.
    """

    def run(tenant: "Tenant | None" = None) -> Sequence["JobRow"]:
        from archivolt_host.jobs import delivery, parking, worker
        from archivolt_host.jobs.registry import QUEUES
        from archivolt_host.tenants import context

        found: Tenant = tenant or request.getfixturevalue("tenant")
        parking.wake(found, anyway=True)
        with context.acting(found):
            before = {row.id: row.fence for row in _all()}
            while any(
                [
                    *(worker.run_next(found, queue) for queue in QUEUES),
                    delivery.take(found, lambda: False, seconds=60)[0],
                ]
            ):
                pass
            return [row for row in _all() if row.fence != before.get(row.id, 0)]

    return run


def _all() -> Sequence["JobRow"]:
    from sqlalchemy import select

    from archivolt_host.jobs.models import JobRow
    from archivolt_host.tenants import sessions

    with sessions.reading() as work:
        return work.session.scalars(select(JobRow).order_by(JobRow.id)).all()


class Counted:
    """The statements that ran while it counted."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __len__(self) -> int:
        return len(self.statements)

    def note(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        """Note one statement, but for frames of transactions and what time asks."""
        if not statement.startswith((*FRAMES, EPOCH)):
            self.statements.append(statement)


@pytest.fixture
def query_count() -> Callable[[], AbstractContextManager[Counted]]:
    """Count the SQL statements of a block, in all databases.

    ``with query_count() as asked: ...`` and then ``assert len(asked) <= 3``; the
    statements themselves are in ``asked.statements``.
    """

    @contextmanager
    def count() -> Iterator[Counted]:
        from sqlalchemy import Engine, event

        counted = Counted()
        event.listen(Engine, "before_cursor_execute", counted.note)
        try:
            yield counted
        finally:
            event.remove(Engine, "before_cursor_execute", counted.note)

    return count
