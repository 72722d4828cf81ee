"""``archivolt plugins purge``: what a plugin left is shown, kept aside and dropped."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.orchestration.purging import Purge, Remains
    from archivolt_host.plugins.metadata import PluginInfo
    from archivolt_host.tenants.context import Place, Tenant
    from archivolt_host.tenants.provisioning import Provisioner

KEEP, EXPORT = "keep", "export-then-drop"


@click.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only count what is there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--export/--no-export", default=None, help="Keep the rows in a file.")
def purge(name: str, dry_run: bool, yes: bool, export: bool | None) -> None:
    """Delete all that the plugin NAME left in every tenant; its code stays installed.

    The plugin has to be out of the manifest before. What was interrupted is finished
    by running this again.
    """
    info = _purgeable(name)
    host = _opened_with(info)
    purge, places = _purge_of(host, info), list(_places(host, info))
    found = [place for place in places if _show(purge, *place)]
    if dry_run:
        click.echo(f"{len(found)} databases hold something of {name}.")
    elif not found or yes or click.confirm("Delete all of this?"):
        # Where no table shows it, a role may still hold a permission of it.
        _drop(host, purge, places, bool(found) and _wants_export(info, export))
        click.echo(f"Nothing of {name} is left: pip uninstall {info.distribution}")


def _purgeable(name: str) -> "PluginInfo":
    """Return what an installed plugin says of itself, once nothing uses it."""
    from archivolt_host.cli.plugins import installed
    from archivolt_host.plugins.manifest import read_manifest

    info = installed(name)
    if name in read_manifest().plugins:
        raise click.ClickException(
            f"{name} is still in the manifest: run 'archivolt plugins remove {name}' "
            "and restart Archivolt, so that no process uses it."
        )
    _refuse_rivals(info)
    if info.on_purge == KEEP:
        raise click.ClickException(
            f'{name} asks to keep its data (on_purge = "keep" in its plugin.toml): '
            "its author says how to delete it."
        )
    return info


def _refuse_rivals(info: "PluginInfo") -> None:
    """Refuse where a table that would be dropped may be another plugin's."""
    from archivolt_host.orchestration.purging import rivals
    from archivolt_host.plugins.discovery import discover, infos
    from archivolt_host.plugins.manifest import completed, read_manifest

    known = infos(discover())
    others = [other for other in known.values() if other.id != info.id]
    loaded = completed(read_manifest(), known).plugins
    if found := sorted(rivals(info, others, loaded)):
        names = ", ".join(found)
        raise click.ClickException(
            f"The tables {info.tables}* may be those of {names}: nothing was deleted. "
            f"Uninstall {info.id}, or else {names} where nobody uses it."
        )


def _opened_with(info: "PluginInfo") -> "Host":
    """Open the host with the plugin loaded and on nowhere: it drops its own files."""
    from dataclasses import replace

    from archivolt_host.app import open_host
    from archivolt_host.cli.logging import configure
    from archivolt_host.cli.opening import manifest, prepare_catalog_database

    named = manifest()
    configure("error", for_people=True)
    host = open_host(manifest=replace(named, plugins={**named.plugins, info.id: {}}))
    prepare_catalog_database(host)
    return host


def _wants_export(info: "PluginInfo", asked: bool | None) -> bool:
    return info.on_purge == EXPORT if asked is None else asked


def _purge_of(host: "Host", info: "PluginInfo") -> "Purge":
    from archivolt_host.orchestration.purging import Purge
    from archivolt_host.plugins.discovery import folder_of
    from archivolt_host.tenants.migrations import Source

    folder = folder_of(info.id) / "migrations"
    source = Source(info.id, folder) if folder.is_dir() else None
    others = [i for i in host.registry.infos.values() if i.id != info.id]
    return Purge(info, source, others)


def _places(
    host: "Host", info: "PluginInfo"
) -> Iterator[tuple["Provisioner", "Place", "Tenant | None"]]:
    """Yield each database that may hold something."""
    from archivolt_host.tenants.states import ACTIVE, DISABLED

    if info.scope == "system":
        yield host.catalog_provisioner, host.catalog_place, None
    for tenant in host.catalog.all(ACTIVE, DISABLED):
        yield host.provisioner, tenant.place, tenant


def _show(
    purge: "Purge", provisioner: "Provisioner", place: "Place", tenant: "Tenant | None"
) -> bool:
    """Print what a database holds; return whether it holds anything."""
    remains = purge.inventory(provisioner, place)
    if remains:
        click.echo(f"{_where(tenant)}: {_listed(remains)}")
    return bool(remains)


def _where(tenant: "Tenant | None") -> str:
    return tenant.slug if tenant else "the catalog"


def _listed(remains: "Remains") -> str:
    counts = {**remains.own, **remains.held}
    return ", ".join(f"{table} ({rows} rows)" for table, rows in counts.items())


def _drop(
    host: "Host",
    purge: "Purge",
    places: list[tuple["Provisioner", "Place", "Tenant | None"]],
    export: bool,
) -> None:
    from rich.progress import track

    from archivolt_host.plugins import overrides
    from archivolt_host.tenants import migrating, sessions

    folder = host.home.path / "exports" / purge.info.id
    for provisioner, place, tenant in track(places, description="Purging"):
        if tenant is not None:
            _speak(tenant, purge.info.id)
            migrating.unmark(tenant.slug)  # first: should we die, it is looked at
        file = _file(folder, tenant) if export else None
        sessions.databases().of(place).forget(place)
        done = purge.drop(provisioner, place, file)
        if done.no_way_down:
            click.echo(
                f"{_where(tenant)}: its migrations cannot be taken back "
                f"({done.no_way_down}), so its tables were dropped as they are."
            )
    overrides.forget(purge.info.id, "archivolt plugins purge")
    if export:
        click.echo(f"The rows are kept in {folder}.")


def _file(folder: Path, tenant: "Tenant | None") -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return folder / f"{tenant.slug if tenant else 'catalog'}-{moment}.jsonl"


def _speak(tenant: "Tenant", plugin: str) -> None:
    """Have the plugin drop its files, and the others what they hold for it."""
    from archivolt_host.plugins import dispatch
    from archivolt_host.tenants import context, sessions

    with context.acting(tenant), sessions.transaction():
        dispatch.tell_one(plugin, "drop_files")
        dispatch.join("plugin_purged", plugin=plugin)
