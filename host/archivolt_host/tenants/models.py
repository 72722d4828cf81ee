"""The tables that all tenants share: who they are, where they are, what is switched."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.tenants.columns import CatalogBase, UuidMixin, now
from archivolt_host.tenants.states import CREATING, STATES

HOST = "host"  # stands among the plugins' names for the host itself


class TenantRow(UuidMixin, CatalogBase):
    """A tenant, and where its data is."""

    __tablename__ = "tenant"
    __table_args__ = (CheckConstraint(f"state IN {STATES}", name="state"),)

    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default=CREATING)
    placement: Mapped[str] = mapped_column(String(16))
    location: Mapped[str] = mapped_column(String(255))
    migrated_to: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class DomainRow(CatalogBase):
    """A host name that leads to a tenant, outside ``/vault``."""

    __tablename__ = "domain"

    host: Mapped[str] = mapped_column(String(253), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tenant.id", ondelete="CASCADE"), index=True
    )


class OverrideRow(CatalogBase):
    """A plugin switched, or a setting changed, at run time; ``tenant`` "" means all."""

    __tablename__ = "override"

    tenant: Mapped[str] = mapped_column(String(63), primary_key=True)
    plugin: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class OverrideLogRow(UuidMixin, CatalogBase):
    """Who changed which override, from what to what."""

    __tablename__ = "override_log"

    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(200))
    tenant: Mapped[str] = mapped_column(String(63), index=True)
    plugin: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(100))
    before: Mapped[Any | None] = mapped_column(JSON)
    after: Mapped[Any | None] = mapped_column(JSON)


class CatchingUpRow(CatalogBase):
    """A plugin that was switched on and has not yet caught up with what it missed."""

    __tablename__ = "catching_up"

    tenant: Mapped[str] = mapped_column(String(63), primary_key=True)
    plugin: Mapped[str] = mapped_column(String(100), primary_key=True)
    since: Mapped[datetime | None]


class OutRow(CatalogBase):
    """A plugin whose tables could not be migrated in a tenant, and why."""

    __tablename__ = "plugin_out"

    tenant: Mapped[str] = mapped_column(String(63), primary_key=True)
    plugin: Mapped[str] = mapped_column(String(100), primary_key=True)
    reason: Mapped[str]


class EpochRow(CatalogBase):
    """One number that grows with every change to tenants and overrides."""

    __tablename__ = "epoch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


class WakeRow(CatalogBase):
    """When the relay should look at a tenant: until when it is hot, and what is due."""

    __tablename__ = "wake"

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tenant.id", ondelete="CASCADE"), primary_key=True
    )
    hot_until: Mapped[datetime] = mapped_column(index=True)
    next_at: Mapped[datetime | None] = mapped_column(index=True)


class PublicRunRow(UuidMixin, CatalogBase):
    """One time at which a task was due: whoever writes it first does it."""

    __tablename__ = "public_run"
    __table_args__ = (UniqueConstraint("task", "due_at"),)

    task: Mapped[str] = mapped_column(String(200))
    due_at: Mapped[datetime]
    began_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(16))
    said: Mapped[str | None]
