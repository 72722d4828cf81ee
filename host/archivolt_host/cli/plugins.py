"""``archivolt plugins``: what is loaded, what is out and why; add and remove."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archivolt_host.cli.comparing import check
from archivolt_host.cli.details import show
from archivolt_host.cli.purging import purge

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

    from archivolt_host.plugins.metadata import PluginInfo


@click.group(invoke_without_command=True)
@click.option("--tenant", "-t", metavar="SLUG", help="As this tenant has them.")
@click.pass_context
def plugins(context: click.Context, tenant: str | None) -> None:
    """Show the plugins: what is loaded, what is out, and why."""
    if context.invoked_subcommand is None:
        _show(tenant)


plugins.add_command(check)
plugins.add_command(show)
plugins.add_command(purge)


def _show(tenant: str | None) -> None:
    from archivolt_host.cli import tables
    from archivolt_host.cli.opening import opened, ready
    from archivolt_host.kit.cli import named_tenant

    host = ready() if tenant else opened()
    registry = host.registry
    _learn_failures(host)
    slug = named_tenant(tenant).slug if tenant else None
    table = tables.table("plugin", "version", "state", "reason")
    for name in sorted({*registry.infos, *registry.manifest.plugins}):
        info = registry.infos.get(name)
        state, reason = _state(registry, name, slug)
        tables.add(table, name, (info.version if info else "") or "", state, reason)
    tables.show(table)


def _learn_failures(host: Any) -> None:
    """Ask the catalog where plugins could not be migrated, if it is there already."""
    from sqlalchemy.exc import SQLAlchemyError

    from archivolt_host.errors import UnavailableError
    from archivolt_host.tenants.context import SqlitePlace

    place = host.catalog_place
    if isinstance(place, SqlitePlace) and not host.catalog_provisioner.is_done(place):
        return
    try:
        host.registry.overrides.reload()
    except (SQLAlchemyError, UnavailableError) as error:
        reason = str(error).partition("\n")[0]
        click.echo(f"What the tenants have is not known: {reason}", err=True)


def _state(registry: Any, name: str, tenant: str | None) -> tuple[str, str]:
    if name in registry.infos and name not in registry.manifest.plugins:
        return "installed", f"archivolt plugins add {name}"
    if tenant is not None:
        state, reason = registry.state(name, tenant)
        return state, reason or ""
    if name in registry.out:
        return "out", registry.out[name]
    if slugs := registry.overrides.out_in(name):
        return "loaded", f"Out in {', '.join(slugs)}: archivolt plugins -t {slugs[0]}"
    return "loaded", ""


@plugins.command()
@click.argument("name")
def add(name: str) -> None:
    """Name the installed plugin NAME in the manifest, on for every tenant."""
    import tomlkit

    document = _read()
    table = document.setdefault("plugins", tomlkit.table(is_super_table=True))
    if name in table:
        raise click.ClickException(f"{_path()} names {name} already.")
    info = installed(name)
    for need in info.requires:
        if need not in table:
            raise click.ClickException(
                f"{name} needs {need}: archivolt plugins add {need}"
            )
    _refuse_clashes(name)
    table[name] = tomlkit.table()
    enabled = document.setdefault("defaults", tomlkit.table()).setdefault("enabled", [])
    if name not in enabled:
        enabled.append(name)
    _write(document)
    click.echo(f"{name} is in {_path()}. Restart Archivolt to load it.")
    for kind, wanted in info.grants.items():
        click.echo(f"It is granted {kind}: {', '.join(wanted)}")
    _tell_problems(name)


def _refuse_clashes(name: str) -> None:
    """Refuse a plugin that would be out, or take out one that works today."""
    from dataclasses import replace

    from archivolt_host.plugins.discovery import discover, infos
    from archivolt_host.plugins.manifest import completed, read_manifest
    from archivolt_host.plugins.resolution import resolve

    known, manifest = infos(discover()), read_manifest()
    more = replace(manifest, plugins={**manifest.plugins, name: {}})
    before = resolve(known, completed(manifest, known)).out
    for plugin, reason in resolve(known, completed(more, known)).out.items():
        if plugin not in before:
            raise click.ClickException(
                f"{_path()} stays as it was: with {name}, {plugin} would be out. "
                f"{reason}"
            )


@plugins.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take the plugin NAME out of the manifest; its data stays."""
    from archivolt_host.plugins.discovery import discover, infos
    from archivolt_host.plugins.errors import did_you_mean

    document = _read()
    table = document.get("plugins", {})
    if name not in table:
        raise click.ClickException(
            f"{_path()} does not name {name}.{did_you_mean(name, table)}"
        )
    known = infos(discover())
    users = [n for n in table if n in known and name in known[n].requires]
    if users:
        raise click.ClickException(
            f"{', '.join(users)} need {name}: remove them first."
        )
    del table[name]
    _forget(document, name)
    _write(document)
    click.echo(f"{name} is out of {_path()}. Restart Archivolt; its data stays.")


def _forget(document: "TOMLDocument", name: str) -> None:
    """Take a plugin off the lists: a list may name only what is loaded."""
    tenants: Any = document.get("tenants", {}).values()
    for table in (document.get("defaults", {}), *tenants):
        for key in ("enabled", "disabled"):
            if name in table.get(key, ()):
                table[key].remove(name)


def installed(name: str) -> "PluginInfo":
    """Return what an installed plugin says of itself, or what to do instead."""
    from archivolt_host.plugins.discovery import discover, infos, problems
    from archivolt_host.plugins.errors import did_you_mean, listed

    found = discover()
    known, broken = infos(found), problems(found)
    if name in broken:
        raise click.ClickException(f"{name} cannot be used: {broken[name]}")
    if name not in known:
        raise click.ClickException(
            f"{name} is not installed: install its package here with pip, then run "
            f"this again. Installed are {listed(known)}.{did_you_mean(name, known)}"
        )
    return known[name]


def _tell_problems(name: str) -> None:
    """Say what the manifest still lacks for a plugin that was added."""
    from archivolt_host.plugins.discovery import discover, infos
    from archivolt_host.plugins.manifest import check_file

    for problem in check_file(None, infos(discover())):
        if problem.plugin == name:
            click.echo(f"Before that: {problem}", err=True)


def _path() -> Path:
    from archivolt_host.plugins.manifest import manifest_files

    return manifest_files()[0]


def _read() -> "TOMLDocument":
    import tomlkit

    from archivolt_host.plugins.manifest import read_manifest

    read_manifest()  # a missing or wrong one is told with its line
    return tomlkit.parse(_path().read_text(encoding="utf-8"))


def _write(document: "TOMLDocument") -> None:
    import tomlkit

    from archivolt_host.cli.files import replace

    replace(_path(), tomlkit.dumps(document))
