"""The tables of the groups domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin, now


class Group(UuidMixin, TimesMixin, RevisionMixin, Base):
    """A group: rights that it is given are those of everybody in it."""

    __tablename__ = "identity_group"

    name: Mapped[str] = mapped_column(String(150))
    name_key: Mapped[str] = mapped_column(String(150), unique=True)
    description: Mapped[str] = mapped_column(String(1000), default="")


class Membership(UuidMixin, Base):
    """A user who is in a group."""

    __tablename__ = "identity_membership"
    __table_args__ = (UniqueConstraint("user_id", "group_id"),)

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", ondelete="CASCADE")
    )
    group_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_group.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)


class Nesting(UuidMixin, Base):
    """A group that is in another: who is in the inner one is in the outer one too."""

    __tablename__ = "identity_nesting"
    __table_args__ = (UniqueConstraint("inner_id", "outer_id"),)

    inner_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_group.id", ondelete="CASCADE")
    )
    outer_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_group.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
