"""The tables of the definitions domain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin

DRAFT, PUBLISHED, RETIRED = "draft", "published", "retired"
STATES = (DRAFT, PUBLISHED, RETIRED)
ONE_DRAFT, ONE_PUBLISHED = text("state = 'draft'"), text("state = 'published'")


class DefinitionVersion(UuidMixin, TimesMixin, RevisionMixin, Base):
    """A version of a definition; once published its source never changes."""

    __tablename__ = "workflow_definition"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("uq_workflow_definition_version", "key", "version", unique=True),
        Index(
            "uq_workflow_definition_draft",
            "key",
            unique=True,
            sqlite_where=ONE_DRAFT,
            postgresql_where=ONE_DRAFT,
        ),
        Index(
            "uq_workflow_definition_published",
            "key",
            unique=True,
            sqlite_where=ONE_PUBLISHED,
            postgresql_where=ONE_PUBLISHED,
        ),
        Index("ix_workflow_definition_listed", "key", "id"),
        Index("ix_workflow_definition_newest", "created_at", "id"),
    )

    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default=DRAFT)
    source: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_by: Mapped[UUID]
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None]


class Trigger(UuidMixin, Base):
    """News by which the definition in use begins: an index of what its source says."""

    __tablename__ = "workflow_trigger"
    __table_args__ = (
        Index("ix_workflow_trigger_news", "news", "definition_id"),
        Index("ix_workflow_trigger_definition", "definition_id"),
    )
    unaudited = "an index: the published source says it"

    definition_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflow_definition.id", ondelete="CASCADE")
    )
    news: Mapped[str] = mapped_column(String(100))
