"""The table of the passwords domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, UuidMixin, now


class Reset(UuidMixin, RevisionMixin, Base):
    """A word that lets its bearer set a user's password, once."""

    __tablename__ = "identity_reset"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", ondelete="CASCADE"), index=True
    )
    proof: Mapped[str] = mapped_column(
        String(64), unique=True, info={"audit": "secret"}
    )
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
