"""``archivolt manifest export`` and ``import``: overrides and old settings as TOML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.plugins.manifest import Manifest
    from archivolt_host.plugins.manifest.exporting import Export

ACTOR = "archivolt manifest export"


@click.command()
@click.option("--write", is_flag=True, help="Save it, instead of printing a diff.")
def export(write: bool) -> None:
    """Write what was switched and set at run time into the manifest.

    Without --write it prints the difference. With it, the manifest is saved, and the
    overrides that are in it now are taken back, so that nothing counts twice. Running
    processes know the manifest as it was at their start: stop them first, on every
    machine that shares the catalog.

    \b
      archivolt manifest export
      archivolt manifest export --write
    """
    from archivolt_host.cli.opening import ready

    host = ready()
    path, text, found = _export(host)
    for change, reason in found.left.items():
        what = f"{change.tenant}: {change.plugin} {change.key}"
        click.echo(f"Left as it is: {what}, for {reason}.", err=True)
    if not found.written:
        click.echo("There is nothing to export.")
    elif write:
        _save(host, path, found)
    else:
        click.echo(_difference(path, text, found.text), nl=False)


def _export(host: Host) -> tuple[Path, str, Export]:
    from archivolt_host.plugins import overrides
    from archivolt_host.plugins.manifest.exporting import export as export_to

    path = host.manifest.sources[0].path
    text = host.manifest.sources[0].text
    infos, changes = host.registry.infos, overrides.changes()
    return path, text, export_to(text, host.manifest, infos, changes)


def _save(host: Host, path: Path, found: Export) -> None:
    from archivolt_host.cli.files import replace
    from archivolt_host.plugins import overrides

    holder = host.home.holder()
    if holder is not None:
        raise click.ClickException(
            f"Archivolt runs here (process {holder}) with the manifest as it was: "
            "stop it, export, then start it again."
        )
    _expect_the_same(host, found)
    replace(path, found.text)
    overrides.clear(found.written, ACTOR)
    click.echo(f"{len(found.written)} overrides are in {path} now.")


def _expect_the_same(host: Host, found: Export) -> None:
    """Refuse where a further file of the manifest would hide what was written."""
    from dataclasses import replace

    from archivolt_host.plugins.manifest.reading import build

    first, *further = host.manifest.sources
    after, problems = build((replace(first, text=found.text), *further))
    host.registry.overrides.reload()
    for slug in sorted({change.tenant for change in found.written}):
        plugins = {c.plugin for c in found.written if c.tenant == slug}
        if problems or not _says_the_same(host, after, slug, plugins):
            files = ", ".join(str(source.path) for source in further) or first.path
            raise click.ClickException(
                f"{files} says otherwise for {slug}: change [tenants.{slug}] there, "
                "then export again."
            )


def _says_the_same(host: Host, after: Manifest, slug: str, plugins: set[str]) -> bool:
    """Compare what is in force now with what will be, for the plugins exported."""
    from archivolt_host.plugins.manifest import effective, enabled_plugins

    infos, overrides = host.registry.infos, host.registry.overrides
    switches = overrides.switches(slug)
    before = enabled_plugins(host.manifest, slug, switches, infos=infos)
    if before & plugins != enabled_plugins(after, slug, infos=infos) & plugins:
        return False
    for name in plugins:
        set_now = overrides.settings(slug, name)
        old = effective(infos[name], host.manifest, slug, set_now)
        new = effective(infos[name], after, slug)
        open_ones = [n for n, s in infos[name].settings.items() if not s.secret]
        if any(old[n].value != new[n].value for n in open_ones):
            return False
    return True


def _difference(path: Path, before: str, after: str) -> str:
    from difflib import unified_diff

    lines = (before.splitlines(keepends=True), after.splitlines(keepends=True))
    return "".join(unified_diff(*lines, str(path), f"{path} (exported)"))


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> None:
    """Print the manifest that says what FILE, a VaultSettings.json, says.

    \b
    FILE is a JSON object; case makes no difference in its keys:
      {"Plugins": ["core_identity"] or {"core_identity": {"access_lifetime": "5m"}},
       "Tenants": {"acme": {"enabled": [], "disabled": [], "settings": {}}},
       "Host": {"workers": 2}}

    \b
      archivolt manifest import VaultSettings.json > manifest.toml
    """
    from archivolt_host.plugins.discovery import discover, infos, problems
    from archivolt_host.plugins.manifest.importing import import_json

    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8 text.") from None
    except OSError as error:
        raise click.ClickException(
            f"{file} cannot be read: {error.strerror}."
        ) from None
    found = discover()
    toml = import_json(text, str(file), infos(found), problems(found))
    click.echo(toml, nl=False)
