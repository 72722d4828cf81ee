"""The table of the keys domain."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import CatalogBase, UuidMixin, now


class SigningKey(UuidMixin, CatalogBase):
    """A key that tokens are signed with; of the key itself only its salt."""

    __tablename__ = "platform_key"

    name: Mapped[str] = mapped_column(String(32), unique=True)
    # Empty for the deployment's own secret, with which it began.
    salt: Mapped[str] = mapped_column(String(64), info={"audit": "secret"})
    created_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]
