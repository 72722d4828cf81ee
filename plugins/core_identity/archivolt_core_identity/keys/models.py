"""The table of the keys domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, UuidMixin, now


class Key(UuidMixin, Base):
    """A key for programs; the key itself is shown once and kept nowhere."""

    __tablename__ = "identity_key"
    __table_args__ = (Index("ix_identity_key_user", "user_id", "created_at", "id"),)

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", ondelete="CASCADE")
    )
    name: Mapped[str] = mapped_column(String(100))
    proof: Mapped[str] = mapped_column(String(64), info={"audit": "secret"})
    # Names of permissions that it is good for; null for all that the user holds.
    limits: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[UUID | None]
