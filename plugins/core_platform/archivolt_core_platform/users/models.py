"""The table of the users domain."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import CatalogBase, UuidMixin, now

ACTIVE, DISABLED = "active", "disabled"
STATES = (ACTIVE, DISABLED)


class PlatformUser(UuidMixin, CatalogBase):
    """Somebody who runs the deployment; in no tenant."""

    __tablename__ = "platform_user"
    __table_args__ = (CheckConstraint(f"state IN {STATES}", name="state"),)

    username: Mapped[str] = mapped_column(String(150))
    name_key: Mapped[str] = mapped_column(String(150), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200), info={"audit": "secret"})
    state: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=now)
