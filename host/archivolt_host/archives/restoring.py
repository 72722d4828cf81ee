"""A home out of a backup: all of it, or none."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import DBAPIError

from archivolt_host.archives import folders
from archivolt_host.archives.backing_up import CATALOG
from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.exporting import TENANT
from archivolt_host.archives.importing import (
    begin_rebuilding,
    fill,
    rebuild,
    refuse_foreign,
)
from archivolt_host.archives.unpacking import Archive
from archivolt_host.tenants import sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.columns import CatalogBase, now
from archivolt_host.tenants.context import Place, SchemaPlace, Tenant
from archivolt_host.tenants.models import TenantRow
from archivolt_host.tenants.provisioning import Provisioner
from archivolt_host.tenants.states import STATES

Progress = Callable[[str], object]
CATALOG_FILE = "catalog.db"
FROM_NEW = {"lost+found"}  # what a new disk holds


class Opened(Protocol):
    """What is needed of an open host."""

    @property
    def catalog(self) -> Catalog:
        """Which tenants there are."""

    @property
    def provisioner(self) -> Provisioner:
        """What makes the tenants' databases."""

    @property
    def catalog_provisioner(self) -> Provisioner:
        """What makes the catalog."""

    @property
    def catalog_place(self) -> Place:
        """Where the catalog is."""


def copy_files(backup: Path, target: Path, progress: Progress) -> None:
    """Copy the home of a backup; what is copied is hashed once more."""
    source = backup / "home"
    target.mkdir(mode=0o700)
    for path in folders.files_in(source):
        progress(path)
        place = target / path
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source / path, place)
        place.chmod(0o600)


def put_in_place(made: Path, home: Path) -> Path | None:
    """Give a finished home its name; return where the one before is now."""
    kept = None
    if home.exists():
        kept = home.with_name(f"{home.name}.before-{now():%Y%m%d-%H%M%S}")
        os.rename(home, kept)
    os.rename(made, home)
    return kept


def move_in(made: Path, home: Path) -> None:
    """Fill an empty home that is there: one that is mounted cannot be renamed.

    The catalog comes last: without it, nothing that lies there counts.
    """
    for path in sorted(made.iterdir(), key=lambda path: path.name == CATALOG_FILE):
        os.rename(path, home / path.name)


def is_empty(home: Path) -> bool:
    """Return whether a home holds nothing that a restore would lose."""
    return not home.exists() or {path.name for path in home.iterdir()} <= FROM_NEW


def is_mounted(home: Path) -> bool:
    """Return whether a folder is a file system of its own, as containers have them."""
    if os.path.ismount(home):
        return True
    try:  # of one that lies on the same disk, only the system's table tells
        table = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return False
    return str(home.resolve()).replace(" ", r"\040") in {
        line.split()[4] for line in table
    }


def refill(host: Opened, schemas: Path, progress: Progress) -> None:
    """Fill an empty PostgreSQL with catalog and tenants; undo it on any error."""
    catalog = Archive(schemas / "catalog.tar", CATALOG)
    made: list[Tenant] = []
    try:
        if catalog.path.exists():
            _fill_catalog(host, catalog, progress)
        for path in sorted((schemas / "tenants").glob("*.tar")):
            tenant = _tenant(host, path.stem)
            made.append(tenant)
            progress(tenant.slug)
            _fill_tenant(host, tenant, Archive(path, TENANT))
        for tenant in made:
            begin_rebuilding(tenant.slug)
            rebuild(tenant)
    except BaseException:
        for tenant in made:
            host.provisioner.drop(tenant.place)
        if made:
            _empty_catalog(host)
        raise


def _empty_catalog(host: Opened) -> None:
    with host.catalog_provisioner.migration(host.catalog_place) as connection:
        there = set(inspect(connection).get_table_names())
        for table in reversed(CatalogBase.metadata.sorted_tables):
            if table.name in there:  # others belong to plugins that are not here
                connection.execute(table.delete())


def _fill_catalog(host: Opened, archive: Archive, progress: Progress) -> None:
    provisioner, place = host.catalog_provisioner, host.catalog_place
    archive.check()
    refuse_foreign(archive, provisioner.plan)
    if not isinstance(place, SchemaPlace):
        raise ArchiveError(
            "The catalog of this backup was on PostgreSQL: set catalog_url under "
            "[host] in the manifest."
        )
    if has_tenants():
        raise ArchiveError(
            "The PostgreSQL of catalog_url holds tenants already: a backup is restored "
            "into an empty database only."
        )
    fill(provisioner, place, archive, lambda id: id, progress)


def has_tenants() -> bool:
    """Return whether the catalog names any tenant; one that is not there names none."""
    try:
        with sessions.catalog() as session:
            return bool(session.scalar(select(func.count()).select_from(TenantRow)))
    except DBAPIError:
        return False


def _tenant(host: Opened, slug: str) -> Tenant:
    return next(t for t in host.catalog.all(*STATES) if t.slug == slug)


def _fill_tenant(host: Opened, tenant: Tenant, archive: Archive) -> None:
    archive.check()
    refuse_foreign(archive, host.provisioner.plan)
    fill(host.provisioner, tenant.place, archive, lambda id: id, lambda _: None)
