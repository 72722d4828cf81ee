"""Brings catalog and tenants to the plan's heads: resumable, a few at a time."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update

from archivolt_host.tenants import sessions
from archivolt_host.tenants.catalog import Catalog, bump
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.models import HOST, OutRow, TenantRow
from archivolt_host.tenants.provisioning import Provisioner
from archivolt_host.tenants.states import CREATING

PARALLEL = 4


@dataclass
class Outcome:
    """Which tenants were brought up to date, and which could not be, and why."""

    migrated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def behind(catalog: Catalog, fingerprint: str) -> Sequence[Tenant]:
    """Return the tenants that are not known to be at the plan's heads."""
    with sessions.catalog() as session:
        rows = session.scalars(
            select(TenantRow)
            .where(TenantRow.state != CREATING, TenantRow.migrated_to != fingerprint)
            .order_by(TenantRow.slug)
        )
        return [catalog.tenant(row) for row in rows]


def migrate(
    tenants: Sequence[Tenant],
    provisioner: Provisioner,
    progress: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """Migrate these tenants; what fails stays as it was and holds up no other."""
    outcome = Outcome()

    def one(tenant: Tenant) -> None:
        failed = _upgrade(tenant, provisioner)
        note(tenant.slug, provisioner.plan.fingerprint, failed)
        sessions.databases().of(tenant.place).forget(tenant.place)
        if failed:
            reasons = (f"{name}: {reason}" for name, reason in failed.items())
            outcome.failed[tenant.slug] = " ".join(reasons)
        else:
            outcome.migrated.append(tenant.slug)
        progress(tenant.slug)

    _ = provisioner.plan.fingerprint  # planned once, before the threads begin
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(one, tenants))
    return outcome


def _upgrade(tenant: Tenant, provisioner: Provisioner) -> Mapping[str, str]:
    """Migrate one tenant; return what failed, and why."""
    try:
        return provisioner.upgrade(tenant.place).failed
    except Exception as error:  # reported with the tenant's name, never lost
        return {HOST: str(error)}


def note(slug: str, fingerprint: str, failed: Mapping[str, str]) -> None:
    """Note in the catalog which heads a tenant is at, and what is out there and why.

    A tenant in which something failed counts as behind: it is tried again.
    """
    with sessions.catalog(write=True) as session:
        session.execute(
            update(TenantRow)
            .where(TenantRow.slug == slug)
            .values(migrated_to="" if failed else fingerprint)
        )
        session.execute(delete(OutRow).where(OutRow.tenant == slug))
        for plugin, reason in failed.items():
            session.add(OutRow(tenant=slug, plugin=plugin, reason=reason[:2000]))
        bump(session)


def unmark(slug: str) -> None:
    """Have a tenant count as behind: its tables are not as they were."""
    with sessions.catalog(write=True) as session:
        row = update(TenantRow).where(TenantRow.slug == slug)
        session.execute(row.values(migrated_to=""))
