"""The table of the journal. The database itself refuses to change or delete a row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, UuidMixin


class Entry(UuidMixin, Base):
    """One deed. ``before`` and ``after`` are JSON, kept as it was sealed."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_newest", "at", "id"),
        Index("ix_audit_entry_actor", "actor", "at", "id"),
        Index("ix_audit_entry_action", "action", "at", "id"),
        Index("ix_audit_entry_object", "object", "at", "id"),
    )
    unaudited = "the journal itself"

    at: Mapped[datetime]
    actor: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    on_behalf_of: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(100))
    object: Mapped[str] = mapped_column(String(200))
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(100))
    user_agent: Mapped[str] = mapped_column(String(500))
    request_id: Mapped[str] = mapped_column(String(64))
