"""Contents that rows refer to and that are not there, so that no backup holds them."""

from collections.abc import Callable, Iterator, Sequence

from archivolt_host.archives.exporting import snapshot, stored_files, whose
from archivolt_host.archives.restoring import Opened
from archivolt_host.errors import UnavailableError
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Tenant
from archivolt_host.tenants.states import ACTIVE, DISABLED


def of_all(host: Opened, show: Callable[[object], object]) -> list[str]:
    """Return what is missing in any tenant, as its plugin puts it."""
    found = []
    for tenant in _tenants(host):
        show(tenant.slug)
        found += [f"{one} of the tenant {tenant.slug}" for one in _of(tenant)]
    return found


def _tenants(host: Opened) -> Sequence[Tenant]:
    try:
        return host.catalog.all(ACTIVE, DISABLED)
    except UnavailableError:  # it was copied a moment ago: it has no table yet
        return ()


def _of(tenant: Tenant) -> list[str]:
    """Look twice where something is missing: it may have been deleted meanwhile."""
    try:
        found = set(_look(tenant))
        return sorted(found & set(_look(tenant))) if found else []
    except Exception as error:  # tables older than the code, say: a backup goes on
        return [f"perhaps more, which cannot be looked for ({error})"]


def _look(tenant: Tenant) -> Iterator[str]:
    with context.acting(tenant), snapshot(tenant):
        for _, stored in stored_files():
            try:
                stored.open().close()
            except FileNotFoundError as error:
                yield whose(stored, error)
