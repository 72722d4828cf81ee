"""Brings catalog and tenants to the plan's heads: resumable, a few at a time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import select, update

from archivolt_host.tenants import sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.models import TenantRow
from archivolt_host.tenants.provisioning import Provisioner

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
            .where(TenantRow.state != "creating", TenantRow.migrated_to != fingerprint)
            .order_by(TenantRow.slug)
        )
        return [catalog.tenant(row) for row in rows]


def migrate(
    tenants: Sequence[Tenant],
    provisioner: Provisioner,
    progress: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """Migrate these tenants; one that fails stays as it was and holds up no other."""
    outcome = Outcome()

    def one(tenant: Tenant) -> None:
        try:
            provisioner.upgrade(tenant.place)
        except Exception as error:  # reported with the tenant's name, never lost
            outcome.failed[tenant.slug] = str(error)
        else:
            note(tenant.slug, provisioner.plan.fingerprint)
            sessions.databases().of(tenant.place).forget(tenant.place)
            outcome.migrated.append(tenant.slug)
        progress(tenant.slug)

    _ = provisioner.plan.fingerprint  # planned once, before the threads begin
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(one, tenants))
    return outcome


def note(slug: str, fingerprint: str) -> None:
    """Note in the catalog that a tenant is at these heads."""
    with sessions.catalog(write=True) as session:
        session.execute(
            update(TenantRow)
            .where(TenantRow.slug == slug)
            .values(migrated_to=fingerprint)
        )
