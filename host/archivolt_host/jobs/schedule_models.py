"""The tables of schedules: what runs again and again, and each time it was due."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.jobs.models import only_where
from archivolt_host.tenants.columns import Base, RevisionMixin, TimesMixin, UuidMixin

USERS = "users"  # the source of schedules that users made; else a plugin's name
PUBLIC = "public"  # and of tasks of the whole host, which have no row
SKIP, ONCE = "skip", "once"  # what becomes of ticks that nobody was there for


class ScheduleRow(UuidMixin, TimesMixin, RevisionMixin, Base):
    """A job or an action, and when it is to run."""

    __tablename__ = "host_schedule"
    __table_args__ = (
        CheckConstraint("(cron IS NULL) <> (every IS NULL)", name="rhythm"),
        UniqueConstraint("source", "name"),
        Index("ix_host_schedule_next_at", "next_at", **only_where("enabled")),
    )

    source: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    runs: Mapped[str] = mapped_column(String(200))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    cron: Mapped[str | None] = mapped_column(String(200))
    every: Mapped[int | None]  # seconds
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    missed: Mapped[str] = mapped_column(String(8), default=ONCE)
    enabled: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    owner_id: Mapped[UUID]
    carried: Mapped[dict[str, Any]] = mapped_column(JSON)


class TickRow(UuidMixin, Base):
    """A time at which a schedule was due: whoever writes it first enqueues the job."""

    __tablename__ = "host_tick"
    __table_args__ = (UniqueConstraint("schedule_id", "fire_at"),)

    schedule_id: Mapped[UUID] = mapped_column(
        ForeignKey("host_schedule.id", ondelete="CASCADE")
    )
    fire_at: Mapped[datetime]
    job_id: Mapped[UUID | None]
