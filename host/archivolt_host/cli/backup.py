"""``archivolt backup`` and ``restore``: a whole home, out and back."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archivolt_host.tenants.home import Home

OTHER = "manifest.of-backup.toml"
Show = Callable[[object], None]


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace TARGET if it is there.")
def backup(target: Path, overwrite: bool) -> None:
    """Copy the home to TARGET while it is in use: a folder, or one file named .tar.

    It holds every database, all contents, the deployment's secret and the manifest:
    keep it as safe as the home itself. Contents are linked where TARGET is on the same
    disk, which takes no space.
    """
    from archivolt_host.app import VERSION
    from archivolt_host.archives import whole
    from archivolt_host.cli import showing
    from archivolt_host.cli.opening import opened
    from archivolt_host.tenants.home import Home

    _refuse_target(target, overwrite)
    total = 2 * showing.files_below(Home().path)  # copied, then hashed
    with showing.progress("Backing up", total) as show:
        done = whole.back_up(opened(), VERSION, target, show)
    click.echo(f"The home is in {target}: {done.files} files.")
    showing.missing(done.missing)


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--overwrite", is_flag=True, help="Put a home that is there aside.")
def restore(source: Path, overwrite: bool) -> None:
    """Make the home of SOURCE, which backup wrote; every hash is checked before.

    It goes where ARCHIVOLT_HOME says. A home that is there is never deleted: with
    --overwrite it is kept beside the new one.
    """
    from archivolt_host.archives import restoring, whole
    from archivolt_host.cli import showing
    from archivolt_host.tenants.home import Home

    home = Home()
    _refuse_home(home, overwrite)
    total = 2 * showing.files_below(source) or None  # hashed, then copied
    fills = home.path.exists() and restoring.is_empty(home.path)
    staged = whole.staged(home.path / "restored" if fills else home.path)
    with showing.progress("Restoring", total) as show, staged as folder:
        found = _unpacked(source, folder, show)
        made = folder / "home"
        restoring.copy_files(found, made, show)
        if (found / "schemas").is_dir():
            _fill_postgres(Home(made), found, show)
        put = restoring.move_in if fills else restoring.put_in_place
        kept = put(made, home.path)
        said = _put_manifest(found, home.path)
    click.echo(f"The home {home.path} is restored. {said}")
    if kept is not None:
        click.echo(f"The one before is {kept}: delete it once you need it no more.")


def _refuse_target(target: Path, overwrite: bool) -> None:
    from archivolt_host.archives.packing import PACKED

    if target.exists() and not overwrite:
        raise click.ClickException(
            f"{target} is there already: name another, or say --overwrite."
        )
    if not target.absolute().parent.is_dir():
        raise click.ClickException(
            f"There is no folder {target.absolute().parent}: make it first."
        )
    if (target.suffix == PACKED) == target.is_dir() and target.exists():
        raise click.ClickException(
            f"{target} is a {'folder' if target.is_dir() else 'file'}: name another."
        )


def _refuse_home(home: "Home", overwrite: bool) -> None:
    from archivolt_host.archives import restoring

    holder = home.holder()
    if holder is not None:
        raise click.ClickException(
            f"Archivolt runs on {home.path} (process {holder}): stop it first."
        )
    if not restoring.is_empty(home.path) and not overwrite:
        raise click.ClickException(
            f"There is something in {home.path} already: name another home with "
            "ARCHIVOLT_HOME, or say --overwrite, which keeps it beside the new one."
        )
    if not restoring.is_empty(home.path) and restoring.is_mounted(home.path):
        raise click.ClickException(
            f"{home.path} is a mounted disk, which cannot be put aside: move what is "
            "in it elsewhere and restore again, or name another home with "
            "ARCHIVOLT_HOME."
        )


def _unpacked(source: Path, folder: Path, show: Show) -> Path:
    """Return the folder of a backup, every file of it checked."""
    from archivolt_host.archives import folders
    from archivolt_host.archives.backing_up import BACKUP

    if source.is_file():
        folders.unpack(source, folder / BACKUP)
        source = folder / BACKUP
    folders.check(source, BACKUP, show)
    return source


def _manifest() -> Path:
    """Return where the manifest is looked for."""
    from archivolt_host.plugins.manifest.reading import VARIABLE

    return Path((os.environ.get(VARIABLE) or "manifest.toml").split(os.pathsep)[0])


def _put_manifest(found: Path, home: Path) -> str:
    """Put the manifest where it is looked for, unless one is there; say which."""
    first, *local = sorted((found / "manifest").iterdir())
    place = _manifest()
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(first, place)
        for one in local:
            shutil.copyfile(one, place.with_name(one.name.partition("-")[2]))
        return f"So is its manifest, {place}."
    if place.read_bytes() == first.read_bytes():
        return f"Its manifest is {place}."
    shutil.copyfile(first, home / OTHER)
    return f"{place} stays as it was; the backup's manifest is {home}/{OTHER}."


def _fill_postgres(home: "Home", found: Path, show: Show) -> None:
    from archivolt_host.app import open_host
    from archivolt_host.archives import restoring
    from archivolt_host.plugins.manifest import read_manifest

    files = sorted((found / "manifest").iterdir())
    named = os.pathsep.join(str(file) for file in files)
    host = open_host(home, read_manifest(None if _manifest().exists() else named))
    try:
        restoring.refill(host, found / "schemas", show)
    finally:
        host.close()
