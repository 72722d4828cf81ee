"""The catalog's table of what was done for the whole host."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.tenants.columns import CatalogBase, UuidMixin, now

DECLARED, RUNNING, DONE = "declared", "running", "done"
FAILED, LOST, SKIPPED = "failed", "lost", "skipped"


class PublicRunRow(UuidMixin, CatalogBase):
    """One time at which a task was due: whoever writes it first does it."""

    __tablename__ = "public_run"
    __table_args__ = (UniqueConstraint("task", "due_at"),)

    task: Mapped[str] = mapped_column(String(200))
    due_at: Mapped[datetime]
    began_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(16))
    said: Mapped[str | None]
