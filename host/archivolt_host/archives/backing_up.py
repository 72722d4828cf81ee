"""A whole home in a folder or a file, taken while it is in use.

Contents never change, so they are linked, not copied: once before the databases are
read and once after, so that whatever a row refers to is there.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from archivolt_host.archives import rows
from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.exporting import export_tenant
from archivolt_host.archives.packing import Packing, new_file
from archivolt_host.tenants import sessions
from archivolt_host.tenants.catalog import Catalog
from archivolt_host.tenants.columns import CatalogBase, now
from archivolt_host.tenants.context import SchemaPlace, SqlitePlace, Tenant
from archivolt_host.tenants.home import Home
from archivolt_host.tenants.migrations import Plan
from archivolt_host.tenants.states import CREATING, STATES

BACKUP, CATALOG = "backup", "catalog"
# Nothing that a start does not make again, and no backup in a backup.
LEFT_OUT = ("run", "logs", "valkey", "backups")
BESIDE = ("-wal", "-shm", ".lock")
Progress = Callable[[str], object]


def copy_home(
    home: Home, target: Path, tenants: Sequence[Tenant] | None, progress: Progress
) -> None:
    """Copy a home as it is at one moment, each database by itself.

    The tenants are those of a catalog on PostgreSQL; None where it is a file.
    """
    link_contents(home, target, progress)
    for path in _databases(home, target, tenants):
        progress(path.name)
        copy_database(path, target / path.relative_to(home.path))
    link_contents(home, target, progress)
    for path in _others(home):
        with suppress(FileNotFoundError):  # sent, or swept away meanwhile
            _copy(path, target / path.relative_to(home.path))


def link_contents(home: Home, target: Path, progress: Progress) -> None:
    """Link what is new among the contents; uploads under way have no row yet."""
    for place, folders, names in os.walk(home.blobs):
        if "incoming" in folders:
            folders.remove("incoming")
        for name in names:
            path = Path(place) / name
            linked = target / path.relative_to(home.path)
            if name == ".lock" or linked.exists():
                continue
            progress(name)
            with suppress(FileNotFoundError):  # deleted, and so are its rows
                _link(path, linked)


def _databases(
    home: Home, target: Path, tenants: Sequence[Tenant] | None
) -> Iterator[Path]:
    """Yield the catalog, and then what its copy names and nothing else.

    The file of a tenant that is made meanwhile would be nobody's in a restored home,
    until somebody else takes its name.
    """
    if home.catalog.exists():
        yield home.catalog
    if tenants is None:
        found = _named(target / home.catalog.relative_to(home.path))
        named = [home.tenants / location for location in found]
    else:
        places = (tenant.place for tenant in tenants)
        named = [place.path for place in places if isinstance(place, SqlitePlace)]
    yield from (path for path in named if path.exists())


def _named(catalog: Path) -> Sequence[str]:
    """Return the tenants' files, by a copy of the catalog; it may have no table yet."""
    if not catalog.exists():
        return ()
    with closing(sqlite3.connect(catalog)) as copy:
        if not copy.execute("PRAGMA table_info(tenant)").fetchall():
            return ()
        query = "SELECT location FROM tenant WHERE placement = 'sqlite' ORDER BY slug"
        return [location for (location,) in copy.execute(query)]


def _others(home: Home) -> Iterator[Path]:
    beside = {f"{home.catalog}{end}" for end in ("", *BESIDE)}
    left_out = {*LEFT_OUT, home.blobs.name, home.tenants.name}
    for place, folders, names in os.walk(home.path):
        if Path(place) == home.path:
            folders[:] = [name for name in folders if name not in left_out]
        for name in names:
            path = Path(place) / name
            if str(path) not in beside and path.is_file():
                yield path


def copy_database(path: Path, target: Path) -> None:
    """Copy one database with all that is committed, and make sure that it is whole."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(path)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        said = copy.execute("PRAGMA quick_check(1)").fetchone()[0].replace("\n", " ")
    if said != "ok":
        raise ArchiveError(f"{path} is damaged ({said}): restore it from a backup.")
    target.chmod(0o600)


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or one without links
        _copy(path, target)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(path, target)


def copy_manifest(files: Iterable[Path], target: Path) -> None:
    """Copy the manifest's files, numbered in the order in which they override."""
    target.mkdir(mode=0o700)
    for number, path in enumerate(files):
        _copy(path, target / f"{number}-{path.name}")


def copy_schemas(
    tenants: Iterable[Tenant], plan: Plan, target: Path, progress: Progress
) -> int:
    """Write the tenants on PostgreSQL, each as an archive without its contents."""
    count = 0
    for tenant in tenants:
        if isinstance(tenant.place, SchemaPlace) and tenant.state != CREATING:
            progress(tenant.slug)
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            with new_file(target / f"{tenant.slug}.tar", overwrite=False) as file:
                export_tenant(tenant, plan, [], file, files=False)
            count += 1
    return count


def copy_catalog(
    catalog: Catalog, place: SchemaPlace, plan: Plan, target: Path
) -> Sequence[Tenant]:
    """Write a catalog on PostgreSQL; return the tenants that it names."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with new_file(target, overwrite=False) as file, sessions.catalog() as session:
        connection = session.connection()
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        packing = Packing(
            file, {"archivolt": CATALOG, "revisions": plan.revisions(connection)}
        )
        tables = rows.tables_of(connection, CatalogBase.metadata, (), place.schema)
        rows.add_all(packing, connection, tables)
        packing.end()
        return catalog.all(*STATES)  # as of the same moment


def facts(home: Home, version: str) -> dict[str, Any]:
    """Return what a backup says of itself."""
    return {
        "archivolt": BACKUP,
        "version": version,
        "home_format": home.format(),
        "made_at": now(),
    }
