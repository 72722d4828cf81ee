"""The table of the requests domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_core_workflow.engine.builtin import DRAFT, STATUSES
from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin, now

#: What every transition changes: the journal has a line for the transition itself.
NOTED = {"audit": "derived"}


class Request(UuidMixin, TimesMixin, RevisionMixin, Base):
    """Something that somebody asks for, and what has become of it."""

    __tablename__ = "workflow_request"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint("reviewed_by <> created_by", name="reviewer"),
        Index("ix_workflow_request_newest", "created_at", "id"),
        Index("ix_workflow_request_changed", "updated_at", "id"),
        Index("ix_workflow_request_title", "title", "id"),
        Index("ix_workflow_request_status", "status", "created_at", "id"),
        Index("ix_workflow_request_creator", "created_by", "created_at", "id"),
        Index("ix_workflow_request_assigned", "assigned_to", "created_at", "id"),
    )

    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(16), default=DRAFT, info=NOTED)
    created_by: Mapped[UUID]
    assigned_to: Mapped[UUID | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(info=NOTED)
    reviewed_at: Mapped[datetime | None] = mapped_column(info=NOTED)
    updated_at: Mapped[datetime] = mapped_column(default=now, info=NOTED)
