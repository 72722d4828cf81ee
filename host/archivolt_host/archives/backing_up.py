"""A whole home in a folder or a file, taken while it is in use.

Contents never change, so they are linked, not copied: once before the databases are
read and once after, so that whatever a row refers to is there.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from archivolt_host.archives import rows
from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.exporting import export_tenant
from archivolt_host.archives.packing import Packing, new_file
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import CatalogBase, now
from archivolt_host.tenants.context import Place, SchemaPlace, Tenant
from archivolt_host.tenants.home import Home
from archivolt_host.tenants.migrations import Plan

BACKUP, CATALOG = "backup", "catalog"
# Nothing that a start does not make again, and no backup in a backup.
LEFT_OUT = ("run", "logs", "valkey", "backups")
BESIDE = ("-wal", "-shm", ".lock")
Progress = Callable[[str], object]


def copy_home(home: Home, target: Path, progress: Progress) -> None:
    """Copy a home as it is at one moment, each database by itself."""
    link_contents(home, target, progress)
    for path in _databases(home):
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


def _databases(home: Home) -> Iterator[Path]:
    # The catalog first: it names no tenant whose file is not there yet.
    if home.catalog.exists():
        yield home.catalog
    yield from sorted(home.tenants.glob("*.db"))


def _others(home: Home) -> Iterator[Path]:
    databases = {str(path) for path in _databases(home)}
    beside = {database + suffix for database in databases for suffix in BESIDE}
    for place, folders, names in os.walk(home.path):
        if Path(place) == home.path:
            folders[:] = [f for f in folders if f not in (*LEFT_OUT, home.blobs.name)]
        for name in names:
            path = Path(place) / name
            if str(path) not in databases | beside and path.is_file():
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
        if isinstance(tenant.place, SchemaPlace):
            progress(tenant.slug)
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            with new_file(target / f"{tenant.slug}.tar", overwrite=False) as file:
                export_tenant(tenant, plan, [], file, files=False)
            count += 1
    return count


def copy_catalog(place: Place, plan: Plan, target: Path) -> None:
    """Write the catalog, where it is on PostgreSQL."""
    if not isinstance(place, SchemaPlace):
        return
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


def facts(home: Home, version: str) -> dict[str, Any]:
    """Return what a backup says of itself."""
    return {
        "archivolt": BACKUP,
        "version": version,
        "home_format": home.format(),
        "made_at": now(),
    }
