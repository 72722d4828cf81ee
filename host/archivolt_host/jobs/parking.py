"""Jobs of plugins that are switched off: they cost nothing until these are on again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from archivolt_host.jobs import bus, claims
from archivolt_host.jobs.claim_statements import IS_QUEUED
from archivolt_host.jobs.claims import Claimed
from archivolt_host.jobs.registry import jobs
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.registry import HOST
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.context import Tenant

JOB = bus.TABLE
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # no worker looks before that
PARKED = select(JOB.c.name).where(IS_QUEUED, JOB.c.run_at >= NEVER).distinct()
WAKE = (
    JOB.update()
    .where(IS_QUEUED, JOB.c.run_at >= NEVER)
    .where(JOB.c.name.in_(bindparam("names", expanding=True)))
    .values(run_at=bindparam("moment", type_=JOB.c.run_at.type), problem=None)
)


def park(row: Claimed, plugin: str) -> None:
    """Let a job wait until its plugin is switched on."""
    reason = f"The plugin {plugin} is switched off: it runs when that is on again."
    claims.put_off(row, NEVER, reason)


_known: dict[UUID, frozenset[str]] = {}


def wake(tenant: Tenant, *, anyway: bool = False) -> None:
    """Let jobs run whose plugin is on again; look only where something was switched."""
    enabled = dispatch.registry().enabled(tenant.slug)
    if _known.get(tenant.id) == enabled and not anyway:
        return
    with context.acting(tenant):
        with sessions.reading() as look:
            parked = look.connection.scalars(PARKED).all()
        if names := _on(parked, enabled):
            with sessions.transaction() as work:
                work.connection.execute(WAKE, {"names": names, "moment": now()})
    _known[tenant.id] = enabled


def _on(names: Sequence[str], enabled: frozenset[str]) -> list[str]:
    return [n for n in names if jobs().plugin_of(n) in (HOST, *enabled)]


def forget() -> None:
    """Forget what was on where, as before another host is opened."""
    _known.clear()
