"""``archivolt manifest``: write, check and explain the deployment's manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archivolt_host.cli import manifest_moves, tables
from archivolt_host.plugins import discovery
from archivolt_host.plugins import manifest as manifests
from archivolt_host.plugins.manifest.host_settings import HOST
from archivolt_host.plugins.settings import Setting, SettingError, display

if TYPE_CHECKING:
    from archivolt_host.plugins.metadata import PluginInfo

Command = TypeVar("Command", bound=Callable[..., Any])
Row = tuple[str, Setting, manifests.Effective]


def _file(command: Command) -> Command:
    return click.option(
        "--manifest",
        "path",
        envvar="ARCHIVOLT_MANIFEST",
        default="manifest.toml",
        show_default=True,
        show_envvar=True,
        metavar="FILE",
        help="The manifest to read.",
    )(command)


def _tenant(command: Command) -> Command:
    return click.option(
        "--tenant",
        metavar="SLUG",
        help="As this tenant has it; without it, as every new tenant has it.",
    )(command)


@click.group()
def manifest() -> None:
    """Write, check and explain the deployment's manifest.

    The manifest names the plugins to load, switches them on and off for tenants, and
    holds their settings. What applies to a tenant is the last of: the plugin's
    default, [plugins.NAME], [tenants.SLUG.settings.NAME], a run-time override. A
    manifest.local.toml beside the manifest overrides single values.

    \b
      archivolt manifest example > manifest.toml
      archivolt manifest check
      archivolt manifest show --origin --tenant acme
      archivolt manifest export --write
    """


manifest.add_command(manifest_moves.export)
manifest.add_command(manifest_moves.import_)


@manifest.command()
def example() -> None:
    """Print a manifest with every setting of the host and the installed plugins.

    Each setting is commented out at its default, with its type and what it is for.
    """
    click.echo(manifests.example(_installed()), nl=False)


@manifest.command()
@_file
def check(path: str) -> None:
    """Name every mistake with its line; exit with 1 if there is one.

    \b
      manifest.toml:12: core_documents has no setting 'max_uplaod'; ...

    Tenants are not looked up: this needs no database.
    """
    found = discovery.discover()
    infos, broken = discovery.infos(found), discovery.problems(found)
    problems = manifests.check_file(path, infos, broken=broken)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        raise SystemExit(1)
    click.echo(f"{path} is right.")


@manifest.command()
@_file
@_tenant
@click.option("--origin", is_flag=True, help="Say which layer and line each is from.")
def show(path: str, tenant: str | None, origin: bool) -> None:
    """Show the settings in force and the plugins that are on.

    Run-time overrides live in the catalog and are not shown here; secrets are masked.
    """
    read, infos = _read(path, tenant), _installed()
    table = tables.table("setting", "value", *(["origin", "where"] if origin else []))
    for owner, setting, one in _rows(read, infos, tenant):
        cells = [f"{owner}.{setting.name}", display(setting, one.value)]
        tables.add(table, *cells, *([one.origin, one.where] if origin else []))
    tables.show(table)
    on = manifests.enabled_plugins(read, tenant, infos=infos)
    whose = f"tenant {tenant}" if tenant else "every new tenant"
    click.echo(f"On for {whose}: {', '.join(sorted(on)) or 'nothing'}")


@manifest.command()
@_file
@_tenant
def diff(path: str, tenant: str | None) -> None:
    """Show only what differs from the defaults, and where that was written."""
    table = tables.table("setting", "default", "value", "where")
    for owner, setting, one in _rows(_read(path, tenant), _installed(), tenant):
        if one.value != setting.default:
            before, now = display(setting, setting.default), display(setting, one.value)
            tables.add(table, f"{owner}.{setting.name}", before, now, one.where)
    if not table.row_count:
        click.echo("All settings are at their defaults.")
        return
    tables.show(table)


def _installed() -> dict[str, PluginInfo]:
    return discovery.infos(discovery.discover())


def _read(path: str, tenant: str | None) -> manifests.Manifest:
    try:
        read = manifests.read_manifest(path)
    except manifests.ManifestError as error:
        raise click.ClickException(str(error)) from None
    if tenant and tenant not in read.tenants:
        click.echo(f"The manifest says nothing of {tenant}: defaults apply.", err=True)
    return read


def _rows(
    read: manifests.Manifest, infos: dict[str, PluginInfo], tenant: str | None
) -> Iterator[Row]:
    for name, one in manifests.effective_host(read).items():
        yield "host", HOST[name], one
    for plugin in sorted(read.plugins.keys() & infos):
        try:
            values = manifests.effective(infos[plugin], read, tenant)
        except SettingError as error:
            message = f"{error} Run 'archivolt manifest check' for its line."
            raise click.ClickException(message) from None
        for name, one in values.items():
            yield plugin, infos[plugin].settings[name], one
