"""The table of the factors domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, UuidMixin, now


class Factor(UuidMixin, RevisionMixin, Base):
    """A user's device that shows codes, and codes for the day it is lost."""

    __tablename__ = "identity_factor"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", ondelete="CASCADE"), unique=True
    )
    # Sealed with a key of the deployment's: the database alone shows no codes.
    secret: Mapped[str] = mapped_column(String(200), info={"audit": "secret"})
    # The half minute of the last code that was taken: none is good twice.
    last_step: Mapped[int] = mapped_column(default=0, info={"audit": "derived"})
    recovery: Mapped[list[str]] = mapped_column(
        JSON, default=list, info={"audit": "secret"}
    )
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
