"""The table of the invitations domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, UuidMixin, now


class Invitation(UuidMixin, RevisionMixin, Base):
    """A word that lets its bearer make an account, once."""

    __tablename__ = "identity_invitation"
    __table_args__ = (Index("ix_identity_invitation_listed", "created_at", "id"),)

    email: Mapped[str] = mapped_column(String(254))
    roles: Mapped[list[str]] = mapped_column(JSON)
    # Null until the message is out: the word itself is nowhere else.
    proof: Mapped[str | None] = mapped_column(
        String(64), unique=True, info={"audit": "secret"}
    )
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("identity_user.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[UUID | None]
