"""What was switched or set at run time: in the catalog, audited, with an epoch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from archivolt_host.tenants import sessions
from archivolt_host.tenants.catalog import bump
from archivolt_host.tenants.columns import now
from archivolt_host.tenants.models import (
    CatchingUpRow,
    OutRow,
    OverrideLogRow,
    OverrideRow,
    TenantRow,
    WakeRow,
)

ENABLED = "enabled"
EVERYWHERE = timedelta(seconds=2)  # until every process knows of a change
SETTING = "settings."

log = structlog.get_logger()

Values = Mapping[str, Any]
NONE: Values = MappingProxyType({})


@dataclass(frozen=True)
class Change:
    """One override: whose it is, what it changes, and to what."""

    tenant: str
    plugin: str
    key: str
    value: Any = field(hash=False)


class Overrides:
    """The overrides of every tenant, as they were at the last change of the epoch."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}
        self._catching_up: frozenset[tuple[str, str]] = frozenset()
        self._out: dict[str, dict[str, str]] = {}

    def reload(self) -> None:
        """Read them all; they are few, and read only when something changed."""
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        out: dict[str, dict[str, str]] = {}
        with sessions.catalog() as session:
            for row in session.scalars(select(OverrideRow)):
                if not _refers_to_a_secret(row):
                    rows.setdefault((row.tenant, row.plugin), {})[row.key] = row.value
            behind = frozenset(
                (row.tenant, row.plugin)
                for row in session.scalars(select(CatchingUpRow))
            )
            for failed in session.scalars(select(OutRow)):
                out.setdefault(failed.tenant, {})[failed.plugin] = failed.reason
        self._rows, self._catching_up, self._out = rows, behind, out

    def switches(self, tenant: str) -> dict[str, bool]:
        """Return which plugins were switched for a tenant at run time."""
        return {
            plugin: values[ENABLED]
            for (slug, plugin), values in self._rows.items()
            if slug == tenant and ENABLED in values
        }

    def settings(self, tenant: str, plugin: str) -> dict[str, Any]:
        """Return which settings of a plugin were changed for a tenant at run time."""
        values = self._rows.get((tenant, plugin), NONE)
        return {
            key.removeprefix(SETTING): value
            for key, value in values.items()
            if key.startswith(SETTING)
        }

    def out(self, tenant: str) -> Mapping[str, str]:
        """Return the plugins whose tables could not be migrated here, and why."""
        return self._out.get(tenant, NONE)

    def out_in(self, plugin: str) -> list[str]:
        """Return the tenants in which a plugin's tables could not be migrated."""
        return sorted(slug for slug, out in self._out.items() if plugin in out)

    def catching_up(self, tenant: str) -> frozenset[str]:
        """Return the plugins that were switched on and have not caught up yet."""
        return frozenset(p for slug, p in self._catching_up if slug == tenant)


def _refers_to_a_secret(row: OverrideRow) -> bool:
    """Pass over a reference, however it came here: a tenant wrote it, not the operator.

    No setting is an object otherwise.
    """
    if not isinstance(row.value, Mapping):
        return False
    log.warning(
        "setting ignored: only the manifest refers to secrets",
        tenant=row.tenant,
        plugin=row.plugin,
        setting=row.key.removeprefix(SETTING),
    )
    return True


def write(tenant: str, plugin: str, values: Values, actor: str) -> None:
    """Change overrides, log who did it and tell every process, in one transaction.

    A value of None takes an override back.
    """
    with sessions.catalog(write=True) as session:
        for key, value in values.items():
            _write_one(session, tenant, plugin, key, value, actor)
        if ENABLED in values:
            _have_looked_at(session, tenant)
        bump(session)


def _have_looked_at(session: Session, tenant: str) -> None:
    """Let the relay see to the jobs and schedules that are on now, or off."""
    of_tenant = select(TenantRow.id).where(TenantRow.slug == tenant).scalar_subquery()
    changed = update(WakeRow).where(WakeRow.tenant_id == of_tenant)
    session.execute(changed.values(next_at=now() + EVERYWHERE))


def _write_one(
    session: Session, tenant: str, plugin: str, key: str, value: Any, actor: str
) -> None:
    row = session.get(OverrideRow, (tenant, plugin, key))
    before = row.value if row is not None else None
    if value is None and row is not None:
        session.delete(row)
    elif row is not None:
        row.value = value
    elif value is not None:
        session.add(OverrideRow(tenant=tenant, plugin=plugin, key=key, value=value))
    session.add(
        OverrideLogRow(
            actor=actor,
            tenant=tenant,
            plugin=plugin,
            key=key,
            before=before,
            after=value,
        )
    )


def changes() -> Sequence[Change]:
    """Return all overrides, by tenant, plugin and key."""
    order = (OverrideRow.tenant, OverrideRow.plugin, OverrideRow.key)
    with sessions.catalog() as session:
        rows = session.scalars(select(OverrideRow).order_by(*order))
        return [Change(row.tenant, row.plugin, row.key, row.value) for row in rows]


def clear(found: Iterable[Change], actor: str) -> None:
    """Take overrides back, logged; one that was changed meanwhile stays."""
    with sessions.catalog(write=True) as session:
        for one in found:
            row = session.get(OverrideRow, (one.tenant, one.plugin, one.key))
            if row is not None and row.value == one.value:
                _write_one(session, one.tenant, one.plugin, one.key, None, actor)
        bump(session)


def begin_catching_up(tenant: str, plugin: str) -> None:
    """Mark a plugin as behind, before it is switched on."""
    with sessions.catalog(write=True) as session:
        if session.get(CatchingUpRow, (tenant, plugin)) is None:
            session.add(CatchingUpRow(tenant=tenant, plugin=plugin, since=None))
        bump(session)


def end_catching_up(tenant: str, plugin: str) -> None:
    """Mark a plugin as up to date; its guards answer again."""
    with sessions.catalog(write=True) as session:
        session.execute(
            delete(CatchingUpRow).where(
                CatchingUpRow.tenant == tenant, CatchingUpRow.plugin == plugin
            )
        )
        bump(session)


def forget(plugin: str, actor: str) -> None:
    """Take back everything that was switched or set for a plugin; the log stays."""
    clear([one for one in changes() if one.plugin == plugin], actor)
    with sessions.catalog(write=True) as session:
        for table in (CatchingUpRow, OutRow):
            session.execute(delete(table).where(table.plugin == plugin))
        bump(session)
