"""The table of the grants domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, UuidMixin, now

# The tenant itself as a scope. Outside it goes by the tenant's id, which an archive
# that is brought in elsewhere does not keep.
ROOT = UUID(int=0)
USER, GROUP = "user", "group"
KINDS = (USER, GROUP)
ACTIVE = "active"  # of users, as the identity hooks name it
ALLOW, DENY = "allow", "deny"
EFFECTS = (ALLOW, DENY)


class Grant(UuidMixin, Base):
    """A role that a user or a group has, or is denied, on a scope and below."""

    __tablename__ = "permissions_grant"
    __table_args__ = (
        CheckConstraint(f"subject_kind IN {KINDS}", name="subject_kind"),
        CheckConstraint(f"effect IN {EFFECTS}", name="effect"),
        Index(
            "uq_permissions_grant_subject",
            "subject_id",
            "role_id",
            "scope_id",
            unique=True,
        ),
        Index("ix_permissions_grant_listed", "created_at", "id"),
        Index("ix_permissions_grant_expiring", "expires_at", "id"),
        # All by which a grant counts, so that no row is read for it.
        Index(
            "ix_permissions_grant_counting",
            "subject_id",
            "scope_id",
            "role_id",
            "effect",
            "expires_at",
        ),
    )

    subject_kind: Mapped[str] = mapped_column(String(8))
    subject_id: Mapped[UUID]
    scope_id: Mapped[UUID] = mapped_column(index=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("permissions_role.id"), index=True)
    effect: Mapped[str] = mapped_column(String(8), default=ALLOW)
    expires_at: Mapped[datetime | None]
    granted_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
