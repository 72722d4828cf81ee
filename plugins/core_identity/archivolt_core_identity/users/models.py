"""The tables of the users domain."""

from sqlalchemy import JSON, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin

ACTIVE, DISABLED = "active", "disabled"
STATES = (ACTIVE, DISABLED)


class User(UuidMixin, TimesMixin, RevisionMixin, Base):
    """Somebody who may sign in to this tenant."""

    __tablename__ = "identity_user"
    __table_args__ = (CheckConstraint(f"state IN {STATES}", name="state"),)

    username: Mapped[str] = mapped_column(String(150))
    # What makes two names the same: case and Unicode forms do not tell them apart.
    name_key: Mapped[str] = mapped_column(String(150), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200), info={"audit": "secret"})
    roles: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), default=ACTIVE)
