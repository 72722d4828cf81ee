"""The table of the delegations domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, TimesMixin, UuidMixin


class Delegation(UuidMixin, TimesMixin, Base):
    """Somebody stands in for somebody else, from one moment to another."""

    __tablename__ = "workflow_delegation"
    __table_args__ = (
        CheckConstraint("from_user <> to_user", name="other"),
        CheckConstraint("begins_at < ends_at", name="order"),
        Index("ix_workflow_delegation_from", "from_user", "ends_at"),
        Index("ix_workflow_delegation_to", "to_user", "ends_at"),
        Index("ix_workflow_delegation_newest", "created_at", "id"),
    )

    from_user: Mapped[UUID]
    to_user: Mapped[UUID]
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(500))
