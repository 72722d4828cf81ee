"""``archivolt plugins check WHEEL``: what another version of a plugin would change."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archivolt_host.app import Host
    from archivolt_host.plugins.releases import Release
    from archivolt_host.tenants.context import Place


@click.command()
@click.argument("wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(wheel: Path) -> None:
    """Say what it would mean to install WHEEL; nothing of it is installed or run.

    Shown are changed hooks, grants, settings and needs, the migrations that would
    wait, and what stands against it. The exit code is 1 if something does.
    """
    new, old = _releases(wheel)
    click.echo(f"{new.info.id} {_versions(old, new)}")
    _show_changes(old, new)
    against = [*_against(old, new), *_migrations(new)]
    for sentence in against:
        click.echo(f"Against it: {sentence}", err=True)
    if against:
        raise SystemExit(1)
    click.echo(f"Nothing stands against it: pip install {wheel}")


def _releases(wheel: Path) -> tuple["Release", "Release | None"]:
    from archivolt_host.plugins.errors import MetadataError
    from archivolt_host.plugins.releases import read_installed, read_wheel

    try:
        new = read_wheel(wheel)
    except MetadataError as error:
        raise click.ClickException(str(error)) from None
    return new, read_installed(new.info.id)


def _versions(old: "Release | None", new: "Release") -> str:
    if old is None:
        return f"{new.info.version}, which is not installed yet"
    return f"{old.info.version} -> {new.info.version}"


def _show_changes(old: "Release | None", new: "Release") -> None:
    from archivolt_host.cli import tables
    from archivolt_host.plugins.upgrading import changes

    table = tables.table("of", "change")
    for change in changes(old, new):
        tables.add(table, change.of, change.what)
    if table.row_count:
        tables.show(table)
    else:
        click.echo("It declares the same as the one that is installed.")


def _against(old: "Release | None", new: "Release") -> Iterator[str]:
    from archivolt_host.cli.opening import manifest
    from archivolt_host.plugins.discovery import discover, infos
    from archivolt_host.plugins.upgrading import hindrances, is_older

    if old is not None and is_older(new.info.version, old.info.version):
        yield f"{old.info.version} is installed, and this is older."
    yield from hindrances(new, manifest(), infos(discover()))


def _migrations(new: "Release") -> Iterator[str]:
    """Print which migrations would wait, and yield what they cannot lead back from."""
    from archivolt_host.cli.opening import ready

    waiting: dict[str, int] = {}
    for name, revision in _revisions(ready(), new):
        if revision and revision not in new.revisions:
            yield f"{name} is at {revision}, which this version does not know."
            continue
        done = new.revisions.index(revision) + 1 if revision else 0
        for one in new.revisions[done:]:
            waiting[one] = waiting.get(one, 0) + 1
    for one, places in waiting.items():
        click.echo(f"The migration {one} would wait in {places} databases.")


def _revisions(host: "Host", new: "Release") -> Iterator[tuple[str, str]]:
    """Yield where each database stands that has, or will have, the plugin's tables."""
    from archivolt_host.tenants.migrations import Source

    source = Source(new.info.id, Path())
    for name, place in _places(host, new):
        is_system = new.info.scope == "system"
        provisioner = host.catalog_provisioner if is_system else host.provisioner
        with provisioner.migration(place) as connection:
            yield name, source.revision(connection)


def _places(host: "Host", new: "Release") -> Iterator[tuple[str, "Place"]]:
    from archivolt_host.tenants.states import ACTIVE, DISABLED

    if new.info.scope == "system":
        yield "The catalog", host.catalog_place
        return
    for tenant in host.catalog.all(ACTIVE, DISABLED):
        yield tenant.slug, tenant.place
