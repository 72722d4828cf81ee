"""The table of the impersonations domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import CatalogBase, UuidMixin, now


class Impersonation(UuidMixin, CatalogBase):
    """Who acted as whom, where, why, and from when to when."""

    __tablename__ = "platform_impersonation"

    platform_user_id: Mapped[UUID] = mapped_column(
        ForeignKey("platform_user.id"), index=True
    )
    tenant: Mapped[str] = mapped_column(String(63), index=True)
    user: Mapped[str] = mapped_column(String(150))
    reason: Mapped[str] = mapped_column(String(500))
    from_at: Mapped[datetime] = mapped_column(default=now)
    to_at: Mapped[datetime]
