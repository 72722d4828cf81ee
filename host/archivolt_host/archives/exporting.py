"""A tenant into a file: its rows, its files and what was set for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import Connection

from archivolt_hookspecs import host as specs
from archivolt_host.archives import rows
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


def export_tenant(
    tenant: Tenant,
    plan: Plan,
    domains: list[str],
    file: IO[bytes],
    *,
    files: bool = True,
    progress: Progress = lambda _: None,
) -> Exported:
    """Write a tenant as it is at one moment, in pieces; nobody has to stop for it."""
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
            exported.files = _add_files(packing, progress)
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


def _add_files(packing: Packing, progress: Progress) -> int:
    count = 0
    for plugin, files in dispatch.ask_all(specs.stored_files.__name__):
        for stored in files:
            progress(stored.name)
            with stored.open() as content:
                name = f"files/{plugin}/{stored.name}"
                packing.add(name, stored.size, stored.sha256, content)
            count += 1
    return count


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
