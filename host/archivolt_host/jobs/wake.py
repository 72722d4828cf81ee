"""Which tenants the relay should look at: ``hot_until`` in the catalog.

Before a commit that holds work for later, the tenant is made hot well beyond now; the
process remembers it, so that this costs one catalog write a minute and tenant.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.models import WakeRow

MARGIN = timedelta(seconds=60)
INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}

_hot: dict[UUID, datetime] = {}


def heat(tenant: UUID) -> None:
    """Make sure that the relay looks at a tenant for the next minute."""
    moment = now()
    known = _hot.get(tenant)
    if known is not None and known > moment + MARGIN:
        return
    until = moment + 2 * MARGIN
    with sessions.catalog(write=True) as session:
        insert = INSERTS[session.get_bind().dialect.name](WakeRow)
        row = insert.values(tenant_id=tenant, hot_until=until, next_at=None)
        # Others may heat a new tenant at the same moment.
        session.execute(
            row.on_conflict_do_update(
                index_elements=["tenant_id"], set_={"hot_until": until}
            )
        )
    _hot[tenant] = until


def cooled(tenant: UUID, seen: datetime, next_at: datetime | None) -> None:
    """Note when a tenant that is no longer hot should be looked at next."""
    with sessions.catalog(write=True) as session:
        session.execute(
            update(WakeRow)
            .where(WakeRow.tenant_id == tenant, WakeRow.hot_until == seen)
            .values(next_at=next_at, hot_until=datetime.fromtimestamp(0, seen.tzinfo))
        )


def expected(tenants: Collection[UUID]) -> dict[UUID, datetime | None]:
    """Return when each of these tenants is to be looked at next."""
    query = select(WakeRow).where(WakeRow.tenant_id.in_(tenants))
    with sessions.catalog() as session:
        return {row.tenant_id: row.next_at for row in session.scalars(query)}


def expect(tenant: UUID, next_at: datetime | None) -> None:
    """Note when a tenant is to be looked at next, hot or not."""
    epoch = datetime.fromtimestamp(0, now().tzinfo)
    with sessions.catalog(write=True) as session:
        insert = INSERTS[session.get_bind().dialect.name](WakeRow)
        row = insert.values(tenant_id=tenant, hot_until=epoch, next_at=next_at)
        session.execute(
            row.on_conflict_do_update(
                index_elements=["tenant_id"], set_={"next_at": next_at}
            )
        )


def awake() -> Sequence[WakeRow]:
    """Return the tenants that are hot, just cooled, or due."""
    epoch = datetime.fromtimestamp(0, now().tzinfo)
    with sessions.catalog() as session:
        return session.scalars(
            select(WakeRow).where(
                or_(WakeRow.hot_until > epoch, WakeRow.next_at <= now())
            )
        ).all()


def forget() -> None:
    """Forget what this process believes is hot, as after a restore."""
    _hot.clear()
