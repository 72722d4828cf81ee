"""The table of the roles domain."""

from uuid import UUID

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin

PLATFORM_ADMIN, OWNER = "platform_admin", "owner"
MANAGER, MEMBER, GUEST = "manager", "member", "guest"
# Every tenant has these, by the same ids; the last of them may the least.
PRESETS = {
    PLATFORM_ADMIN: UUID(int=1),
    OWNER: UUID(int=2),
    MANAGER: UUID(int=3),
    MEMBER: UUID(int=4),
    GUEST: UUID(int=5),
}


class Role(UuidMixin, TimesMixin, RevisionMixin, Base):
    """A named set of permissions; those of a preset are named by the permissions."""

    __tablename__ = "permissions_role"

    name: Mapped[str] = mapped_column(String(100), unique=True)
    summary: Mapped[str] = mapped_column(String(500), default="")
    permissions: Mapped[list[str]] = mapped_column(JSON, default=list)
