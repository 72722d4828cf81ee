"""The catalog: which tenants there are, and the number that says something changed."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from archivolt_host.errors import InvalidError, NotFoundError, RefusedError
from archivolt_host.tenants import sessions
from archivolt_host.tenants.context import Place, SchemaPlace, SqlitePlace, Tenant
from archivolt_host.tenants.models import (
    CatchingUpRow,
    DomainRow,
    EpochRow,
    OutRow,
    OverrideRow,
    TenantRow,
)
from archivolt_host.tenants.states import ACTIVE, CREATING

SLUG = re.compile(r"[a-z][a-z0-9-]{0,40}[a-z0-9]")
HOST_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*")
MAX_HOST = 253
RESERVED = frozenset(
    {"public", "catalog", "template", "www", "api", "app", "admin", "vault"}
)
LOOK_EVERY = 0.5  # seconds between two looks at the epoch


class Catalog:
    """What this process knows of the tenants, no older than half a second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Tenant | None] = {}
        self._hosts: dict[str, str | None] = {}
        self._listeners: list[Callable[[], None]] = []
        self._epoch = -1
        self._looked_at = 0.0
        self._mutex = threading.Lock()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever tenants or overrides have changed."""
        self._listeners.append(listener)

    def refresh(self, *, force: bool = False) -> None:
        """Forget what is no longer so, at most every half second."""
        if not force and time.monotonic() - self._looked_at < LOOK_EVERY:
            return
        with self._mutex:
            if not force and time.monotonic() - self._looked_at < LOOK_EVERY:
                return
            epoch = current_epoch()
            self._looked_at = time.monotonic()
            if epoch == self._epoch:
                return
            self._epoch = epoch
            self._known.clear()
            self._hosts.clear()
        for listener in self._listeners:
            listener()

    def find(self, slug: str) -> Tenant | None:
        """Return an active tenant, or None."""
        self.refresh()
        if slug not in self._known:
            self._remember(slug, self._read(slug) if SLUG.fullmatch(slug) else None)
        return self._known.get(slug)

    def _remember(self, slug: str, tenant: Tenant | None) -> None:
        if len(self._known) > 50_000:  # strangers may ask for any name
            self._known.clear()
        self._known[slug] = tenant

    def _read(self, slug: str) -> Tenant | None:
        with sessions.catalog() as session:
            row = session.scalar(select(TenantRow).where(TenantRow.slug == slug))
        return self.tenant(row) if row is not None and row.state == ACTIVE else None

    def get(self, slug: str) -> Tenant:
        """Return an active tenant, or raise 404."""
        found = self.find(slug)
        if found is None:
            raise NotFoundError("Tenant", slug)
        return found

    def by_host(self, host: str) -> str | None:
        """Return the slug of the tenant that a host name belongs to, or None."""
        self.refresh()
        if host not in self._hosts:
            if len(self._hosts) > 50_000:
                self._hosts.clear()
            with sessions.catalog() as session:
                self._hosts[host] = session.scalar(
                    select(TenantRow.slug)
                    .join(DomainRow, DomainRow.tenant_id == TenantRow.id)
                    .where(DomainRow.host == host)
                )
        return self._hosts[host]

    def all(self, *states: str) -> Sequence[Tenant]:
        """Return the tenants in the given states (active by default), by slug."""
        with sessions.catalog() as session:
            rows = session.scalars(
                select(TenantRow)
                .where(TenantRow.state.in_(states or (ACTIVE,)))
                .order_by(TenantRow.slug)
            )
            return [self.tenant(row) for row in rows]

    def by_id(self, ids: Sequence[UUID]) -> Sequence[Tenant]:
        """Return the active tenants among these."""
        with sessions.catalog() as session:
            rows = session.scalars(
                select(TenantRow).where(
                    TenantRow.id.in_(ids), TenantRow.state == ACTIVE
                )
            )
            return [self.tenant(row) for row in rows]

    def in_any_state(self, id: UUID) -> Tenant:
        """Return a tenant even while it is being made, or raise 404."""
        with sessions.catalog() as session:
            row = session.get(TenantRow, id)
            if row is None:
                raise NotFoundError("Tenant", id)
            return self.tenant(row)

    def tenant(self, row: TenantRow) -> Tenant:
        """Return a row as the value that code passes around."""
        return Tenant(row.id, row.slug, row.state, self._place(row))

    def _place(self, row: TenantRow) -> Place:
        if row.placement == "sqlite":
            return SqlitePlace(self.folder / row.location)
        return SchemaPlace(row.location, row.location)

    def add(
        self, slug: str, name: str, placement: str, id: UUID | None = None
    ) -> Tenant:
        """Enter a tenant that is being created; a used or odd name is refused.

        It gets the ``id`` that it had elsewhere, unless another tenant has that here.
        """
        check_slug(slug)
        location = f"{slug}.db" if placement == "sqlite" else schema_name(slug)
        with sessions.catalog(write=True) as session:
            _refuse_used(session, slug)
            row = TenantRow(
                slug=slug, name=name, placement=placement, location=location
            )
            if id is not None and session.get(TenantRow, id) is None:
                row.id = id
            session.add(row)
            session.flush()
            return self.tenant(row)

    def set_state(self, slug: str, state: str) -> None:
        """Activate or disable a tenant; every process sees it within half a second."""
        with sessions.catalog(write=True) as session:
            row = _row(session, slug)
            row.state = state
            bump(session)
            sessions.unit().after_commit(lambda: self.refresh(force=True))

    def remove(self, slug: str) -> None:
        """Take a tenant that could not be created out of the catalog."""
        with sessions.catalog(write=True) as session:
            session.delete(_row(session, slug))
            for model in (OutRow, OverrideRow, CatchingUpRow):
                session.execute(delete(model).where(model.tenant == slug))
            bump(session)

    def domains(self) -> dict[str, list[str]]:
        """Return the host names of each tenant that has some."""
        found: dict[str, list[str]] = {}
        with sessions.catalog() as session:
            rows = session.execute(
                select(TenantRow.slug, DomainRow.host)
                .join(DomainRow, DomainRow.tenant_id == TenantRow.id)
                .order_by(DomainRow.host)
            )
            for slug, host in rows:
                found.setdefault(slug, []).append(host)
        return found

    def add_domain(self, slug: str, host: str) -> None:
        """Let a host name lead to a tenant; one that leads to another is refused."""
        name = host_name(host)
        with sessions.catalog(write=True) as session:
            row, taken = _row(session, slug), session.get(DomainRow, name)
            if taken is not None and taken.tenant_id != row.id:
                raise RefusedError(f"{name} leads to another tenant already.")
            if taken is None:
                session.add(DomainRow(host=name, tenant_id=row.id))
                bump(session)

    def remove_domain(self, slug: str, host: str) -> None:
        """Let a host name lead to a tenant no more."""
        with sessions.catalog(write=True) as session:
            row, found = _row(session, slug), session.get(DomainRow, host.lower())
            if found is None or found.tenant_id != row.id:
                raise NotFoundError(f"Host name of {slug}", host)
            session.delete(found)
            bump(session)


def _refuse_used(session: Session, slug: str) -> None:
    state = session.scalar(select(TenantRow.state).where(TenantRow.slug == slug))
    if state == CREATING:
        raise RefusedError(
            f"The tenant {slug} is being created: 'archivolt runs list --system' shows "
            "how far it is."
        )
    if state is not None:
        raise RefusedError(f"There is a tenant {slug} already.")


def check_slug(slug: str) -> None:
    """Refuse a name that cannot be a host name, a file and a schema at once."""
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise InvalidError(
            f"{slug!r} cannot be a tenant's name: use 2 to 42 of a-z, 0-9 and '-', "
            f"beginning with a letter, and none of {', '.join(sorted(RESERVED))}."
        )


def host_name(given: str) -> str:
    """Return a host name as it is compared; refuse what no browser would send."""
    name = given.lower().rstrip(".")
    if not HOST_NAME.fullmatch(name) or len(name) > MAX_HOST:
        raise InvalidError(
            f"{given!r} is no host name: write it without scheme, port and path, as in "
            "docs.example.org."
        )
    return name


def schema_name(slug: str) -> str:
    """Return the name of a tenant's schema and role on PostgreSQL."""
    return "tenant_" + slug.replace("-", "_")  # a slug has no "_" of its own


def bump(session: Session) -> None:
    """Tell every process that something in the catalog changed, at commit."""
    session.execute(update(EpochRow).values(number=EpochRow.number + 1))


def current_epoch() -> int:
    """Return the number as it stands in the catalog."""
    with sessions.catalog() as session:
        return int(session.scalar(select(EpochRow.number)) or 0)


def _row(session: Session, slug: str) -> Any:
    row = session.scalar(select(TenantRow).where(TenantRow.slug == slug))
    if row is None:
        raise NotFoundError("Tenant", slug)
    return row
