"""A whole deployment into a folder or a file: from the command, or at its time."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archivolt_host.archives import backing_up, folders, lacking
from archivolt_host.archives.backing_up import BACKUP
from archivolt_host.archives.packing import PACKED, new_file
from archivolt_host.archives.restoring import Opened
from archivolt_host.plugins.manifest import Manifest
from archivolt_host.tenants.context import SchemaPlace, Tenant
from archivolt_host.tenants.home import Home

Show = Callable[[object], object]


class Deployment(Opened, Protocol):
    """An open host, with its home and its manifest."""

    @property
    def home(self) -> Home:
        """Where everything is."""

    @property
    def manifest(self) -> Manifest:
        """How it is set up."""


@dataclass(frozen=True)
class BackedUp:
    """How many files a backup holds, and which contents the home lacks."""

    files: int
    missing: Sequence[str]


def back_up(host: Deployment, version: str, target: Path, show: Show) -> BackedUp:
    """Copy everything to a target, whole or not at all."""
    with staged(target) as folder:
        made = folder / BACKUP
        made.mkdir(mode=0o700)
        _fill(host, made, show)
        missing = lacking.of_all(host, show)
        count = folders.seal(made, backing_up.facts(host.home, version), show)
        _finish(folder, target, show)
    return BackedUp(count, missing)


def _fill(host: Deployment, made: Path, show: Show) -> None:
    files = [source.path for source in host.manifest.sources]
    backing_up.copy_manifest(files, made / "manifest")
    tenants = None
    if isinstance(host.catalog_place, SchemaPlace):
        tenants = _copy_postgres(host, host.catalog_place, made, show)
    backing_up.copy_home(host.home, made / "home", tenants, show)


def _copy_postgres(
    host: Deployment, place: SchemaPlace, made: Path, show: Show
) -> Sequence[Tenant]:
    """Copy the catalog and the tenants that it names; contents first, as ever."""
    backing_up.link_contents(host.home, made / "home", show)
    plan, schemas = host.catalog_provisioner.plan, made / "schemas"
    tenants = backing_up.copy_catalog(
        host.catalog, place, plan, schemas / "catalog.tar"
    )
    plan = host.provisioner.plan
    backing_up.copy_schemas(tenants, plan, schemas / "tenants", show)
    return tenants


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Lend a private folder beside the target, which is gone afterwards."""
    parent = target.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=f".{target.name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _finish(folder: Path, target: Path, show: Show) -> None:
    """Give the backup its name, whole."""
    made = folder / BACKUP
    if target.suffix == PACKED:
        show(target.name)
        with new_file(target, overwrite=True) as out:
            folders.pack(made, out)
        return
    if target.exists():
        os.rename(target, folder / "before")
    os.rename(made, target)
