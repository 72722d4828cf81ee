"""The table of the attempts domain."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, UuidMixin, now


class Attempt(UuidMixin, Base):
    """How often it went wrong for a name, an address, or a name from an address."""

    __tablename__ = "identity_attempt"
    unaudited = "it only counts; each refused sign-in is in the journal by itself"

    # Hashed: what people type for a name is now and then their password.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(default=now, index=True)
    known_until: Mapped[datetime | None]
