"""The table of the sessions domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, UuidMixin, now

TOKENS, COOKIE, IMPERSONATION = "tokens", "cookie", "impersonation"
KINDS = (TOKENS, COOKIE, IMPERSONATION)
SIGNED_OUT, REVOKED, REUSED = "signed_out", "revoked", "reused"


class Session(UuidMixin, RevisionMixin, Base):
    """One sign-in: all tokens that came of it, or one browser's cookie."""

    __tablename__ = "identity_session"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        Index("ix_identity_session_user", "user_id", "created_at", "id"),
        Index("ix_identity_session_expires", "expires_at"),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(String(16))
    # The hash of what proves it now: a refresh token's id, or a cookie's secret.
    proof: Mapped[str] = mapped_column(String(64), info={"audit": "secret"})
    renewed_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    why_ended: Mapped[str | None] = mapped_column(String(16))
    # Who really acts, and what for, where that is not the user.
    impersonator: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    address: Mapped[str] = mapped_column(String(64), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
