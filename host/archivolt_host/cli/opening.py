"""Opens the host once per command, its catalog ready for use."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from archivolt_host.app import Host
    from archivolt_host.jobs.public import Task
    from archivolt_host.plugins.manifest import Manifest


@cache
def manifest() -> "Manifest":
    """Return the deployment's manifest, read once."""
    from archivolt_host.plugins.manifest import read_manifest

    return read_manifest()


@cache
def opened() -> "Host":
    """Return the host of this deployment."""
    from archivolt_host.app import open_host
    from archivolt_host.cli.logging import configure

    configure("error", for_people=True)
    return open_host(manifest=manifest())


@cache
def ready() -> "Host":
    """Return the host of this deployment, its catalog there and up to date."""
    from archivolt_host.cli.migrate import refuse_pending

    host = opened()
    refuse_pending(host, tenants=False)
    prepare_catalog_database(host)
    return host


def prepare_catalog_database(host: "Host") -> None:
    """Make or migrate the catalog, which all else needs."""
    from archivolt_host.tenants.context import SchemaPlace
    from archivolt_host.tenants.provisioning import prepare_catalog

    provisioner, place = host.catalog_provisioner, host.catalog_place
    if provisioner.is_done(place):
        return
    failed: dict[str, str] = {}
    if isinstance(place, SchemaPlace):
        prepare_catalog(provisioner.migrator_url, provisioner.login_role)
    elif not place.path.exists():
        failed.update(provisioner.create(place))
    failed.update(provisioner.upgrade(place).failed)
    for plugin, reason in failed.items():
        host.registry.put_out(plugin, f"Its tables could not be made: {reason}")


def public_tasks(host: "Host") -> "Callable[[], Sequence[Task]]":
    """Return what tells the tasks of the whole host: its own, and the crontab's."""
    from archivolt_host.app import VERSION
    from archivolt_host.cli.main import OWN
    from archivolt_host.jobs.crontab_runs import Crontab
    from archivolt_host.maintenance import Maintenance

    infos = (host.registry.infos[name] for name in host.registry.names)
    known = {*OWN, *(command for info in infos for command in info.commands)}
    own, table = Maintenance(host, VERSION), Crontab(host.home, known)
    return lambda: [*own.tasks(), *table.tasks()]


def commands() -> "Collection[str]":
    """Return the names of all commands."""
    from archivolt_host.cli import declared
    from archivolt_host.cli.main import OWN

    return {*OWN, *declared.summaries()}
