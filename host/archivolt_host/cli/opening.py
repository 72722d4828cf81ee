"""Opens the host once per command, its catalog ready for use."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archivolt_host.app import Host


@cache
def opened() -> "Host":
    """Return the host of this deployment."""
    from archivolt_host.app import open_host

    return open_host()


def prepare_catalog_database(host: "Host") -> None:
    """Make or migrate the catalog, which all else needs."""
    from archivolt_host.tenants.context import SchemaPlace, SqlitePlace
    from archivolt_host.tenants.provisioning import prepare_catalog

    provisioner = host.catalog_provisioner
    if isinstance(host.catalog_place, SqlitePlace):
        if not host.catalog_place.path.exists():
            provisioner.create(host.catalog_place)
    elif isinstance(host.catalog_place, SchemaPlace):
        prepare_catalog(provisioner.migrator_url, provisioner.login_role)
    provisioner.upgrade(host.catalog_place)
