"""A tenant into a file: its rows, its files and what was set for it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from sqlalchemy import Connection

from archivolt_hookspecs import host as specs
from archivolt_hookspecs.host import StoredFile
from archivolt_host.archives import rows
from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.packing import Packing
from archivolt_host.plugins import dispatch
from archivolt_host.plugins.overrides import ENABLED, SETTING
from archivolt_host.plugins.registry import Registry
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.columns import Base, now
from archivolt_host.tenants.context import SchemaPlace, Tenant
from archivolt_host.tenants.migrations import Plan

TENANT = "tenant"
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
Progress = Callable[[str], object]


@dataclass
class Exported:
    """What went into an archive, and what could not."""

    rows: int = 0
    files: int = 0
    secrets: tuple[str, ...] = ()
    missing: list[str] = field(default_factory=list)


def export_tenant(
    tenant: Tenant,
    plan: Plan,
    domains: list[str],
    file: IO[bytes],
    *,
    files: bool = True,
    without_missing: bool = False,
    progress: Progress = lambda _: None,
) -> Exported:
    """Write a tenant as it is at one moment, in pieces; nobody has to stop for it.

    A file that is missing is an error, or it is named among the missing ones.
    """
    registry = dispatch.registry()
    settings, secrets = settings_of(registry, tenant.slug)
    exported = Exported(secrets=secrets)
    with context.acting(tenant), snapshot(tenant) as connection:
        head = {
            **_facts(tenant),
            "domains": domains,
            "settings": settings,
            "revisions": plan.revisions(connection),
        }
        packing = Packing(file, head)
        place = tenant.place
        schema = place.schema if isinstance(place, SchemaPlace) else None
        tables = rows.tables_of(connection, Base.metadata, derived(registry), schema)
        exported.rows = rows.add_all(packing, connection, tables, progress)
        if files:
            _add_files(packing, exported, progress, go_on=without_missing)
        if exported.missing and not without_missing:
            raise _incomplete(tenant, exported.missing)
        packing.end(rows=exported.rows, files=exported.files)
    return exported


def _facts(tenant: Tenant) -> dict[str, Any]:
    return {
        "archivolt": TENANT,
        "slug": tenant.slug,
        "id": tenant.id,
        "placement": "schema" if isinstance(tenant.place, SchemaPlace) else "sqlite",
        "made_at": now(),
    }


@contextmanager
def snapshot(tenant: Tenant) -> Iterator[Connection]:
    """Read one moment of a tenant, however long it takes."""
    with sessions.reading(tenant) as work:
        if work.connection.dialect.name == "postgresql":
            work.connection.exec_driver_sql(SNAPSHOT)
        yield work.connection


def derived(registry: Registry) -> tuple[str, ...]:
    """Return the prefixes of tables that their plugins build again by themselves."""
    infos = registry.infos.values()
    return tuple(info.tables for info in infos if info.derived and info.tables)


def _add_files(
    packing: Packing, exported: Exported, progress: Progress, *, go_on: bool
) -> None:
    for plugin, stored in stored_files():
        progress(stored.name)
        try:
            opened = stored.open()
        except FileNotFoundError as error:
            exported.missing.append(whose(stored, error))
            continue
        with opened as content:
            if exported.missing and not go_on:
                continue  # all that are missing are counted, and no more is written
            name = f"files/{plugin}/{stored.name}"
            packing.add(name, stored.size, stored.sha256, content)
            exported.files += 1


def stored_files() -> Iterator[tuple[str, StoredFile]]:
    """Yield each file that rows of the current tenant refer to, and its plugin."""
    for plugin, files in dispatch.ask_all(specs.stored_files.__name__):
        for stored in files:
            yield plugin, stored


def whose(stored: StoredFile, error: FileNotFoundError) -> str:
    """Return what is missing: as its plugin puts it, or else by its name."""
    return stored.name if error.errno is not None else str(error)


def _incomplete(tenant: Tenant, missing: Sequence[str]) -> ArchiveError:
    return ArchiveError(
        f"A content of {tenant.slug} is missing (1 of {len(missing)}): {missing[0]}. "
        "Bring it back from a backup, or export all else with --without-missing."
    )


def settings_of(
    registry: Registry, slug: str
) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    """Return what is set for this tenant alone, as overrides; and which are secret.

    The manifest's lines for the tenant come along, as another one has none. Secrets
    stay where they are.
    """
    own = registry.manifest.tenants.get(slug)
    found: dict[str, dict[str, Any]] = {}
    for plugin in own.disabled if own else ():
        found.setdefault(plugin, {})[ENABLED] = False
    for plugin in own.enabled if own else ():
        found.setdefault(plugin, {})[ENABLED] = True
    for plugin, values in (own.settings if own else {}).items():
        found.setdefault(plugin, {}).update({SETTING + k: v for k, v in values.items()})
    for plugin, on in registry.overrides.switches(slug).items():
        found.setdefault(plugin, {})[ENABLED] = on
    for plugin in registry.infos:
        values = registry.overrides.settings(slug, plugin)
        if values:
            added = {SETTING + key: value for key, value in values.items()}
            found.setdefault(plugin, {}).update(added)
    return _without_secrets(registry, found)


def _without_secrets(
    registry: Registry, found: dict[str, dict[str, Any]]
) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    secrets = []
    for plugin, values in found.items():
        info = registry.infos.get(plugin)
        for key in list(values):
            setting = info.settings.get(key.removeprefix(SETTING)) if info else None
            if setting is not None and setting.secret:
                del values[key]
                secrets.append(f"{plugin}.{setting.name}")
    return found, tuple(sorted(secrets))
