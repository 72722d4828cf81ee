"""The tables of the users domain."""

from sqlalchemy import JSON, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin

ACTIVE, DISABLED = "active", "disabled"
STATES = (ACTIVE, DISABLED)
PERSON, SERVICE = "person", "service"
KINDS = (PERSON, SERVICE)


class User(UuidMixin, TimesMixin, RevisionMixin, Base):
    """Somebody who may sign in to this tenant."""

    __tablename__ = "identity_user"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("ix_identity_user_state", "state", "username", "id"),
        Index("ix_identity_user_listed", "username", "id"),
        Index("ix_identity_user_newest", "created_at", "id"),
    )

    username: Mapped[str] = mapped_column(String(150))
    # What makes two names the same: case and Unicode forms do not tell them apart.
    name_key: Mapped[str] = mapped_column(String(150), unique=True)
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200), info={"audit": "secret"})
    state: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    # A service account signs in with keys alone. No check in the database: SQLite
    # would have to copy the table for it.
    kind: Mapped[str] = mapped_column(String(16), default=PERSON, server_default=PERSON)
    display_name: Mapped[str | None] = mapped_column(String(200))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    locale: Mapped[str | None] = mapped_column(String(35))
    # Every group, direct or through another; follows from the groups' own tables.
    group_ids: Mapped[list[str]] = mapped_column(
        JSON, default=list, server_default="[]", info={"audit": "derived"}
    )
