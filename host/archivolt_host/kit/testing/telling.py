"""What was told, and a clock that a test can move."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from archivolt_host.kit.testing.homes import OpenHome

if TYPE_CHECKING:
    from archivolt_host.tenants.context import Tenant


@dataclass(frozen=True)
class Told:
    """One piece of news: the hook, what it is about, and what was said."""

    hook: str
    object: str
    arguments: Mapping[str, Any]


@pytest.fixture
def events(request: pytest.FixtureRequest) -> Callable[..., Sequence[Told]]:
    """Return what was told in a tenant, oldest first: ``events("document_created")``.

    Without a name it is everything; the tenant is ``acme`` unless another is given.
    What was told in a transaction that was rolled back is not there.
    """

    def told(hook: str | None = None, tenant: "Tenant | None" = None) -> Sequence[Told]:
        from archivolt_host.tenants import context

        with context.acting(tenant or request.getfixturevalue("tenant")):
            found = [Told(row.hook, row.object, row.arguments) for row in _rows()]
        return [one for one in found if hook in (None, one.hook)]

    return told


def _rows() -> Sequence[Any]:
    from sqlalchemy import select

    from archivolt_host.jobs.event_models import EventRow
    from archivolt_host.tenants import sessions

    with sessions.reading() as work:
        query = select(EventRow).order_by(EventRow.number)
        return work.session.scalars(query).all()


class Clock:
    """The time that ``kit.db.now()`` tells, and with it the whole host."""

    def __init__(self, open_home: OpenHome) -> None:
        self._open_home = open_home
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the moment that it is here."""
        return datetime.now(UTC) + self._ahead

    def move(self, **duration: float) -> datetime:
        """Let time pass: ``clock.move(days=1)``; schedules that come due are enqueued.

        Leases and delays run out too; ``run_jobs()`` runs what is due by then. Tokens
        of users who have signed in keep their own time.
        """
        from archivolt_host.jobs import schedules

        self._in_each_tenant(schedules.sync)  # by the time that it was until now
        self._ahead += timedelta(**duration)
        self._in_each_tenant(schedules.tick)
        return self.now()

    def _in_each_tenant(self, deed: "Callable[[Tenant], object]") -> None:
        from archivolt_host.tenants import context

        for tenant in self._open_home.current.catalog.all():
            with context.acting(tenant):
                deed(tenant)


@pytest.fixture
def clock(open_home: OpenHome, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands where the real one does until it is moved."""
    from archivolt_host.tenants import columns

    found = Clock(open_home)
    monkeypatch.setattr(columns, "_clock", found.now)
    return found
