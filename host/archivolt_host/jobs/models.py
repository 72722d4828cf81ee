"""The table of jobs, one in every tenant's database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.tenants.columns import Base, UuidMixin, now

QUEUED, RUNNING = "queued", "running"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
STATUSES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
LIVE = "status IN ('queued', 'running')"


class JobRow(UuidMixin, Base):
    """Something to be done after the commit that wrote this row."""

    __tablename__ = "host_job"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        Index(
            "ix_host_job_due",
            "queue",
            "run_at",
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index(
            "uq_host_job_unique_key",
            "unique_key",
            unique=True,
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
    )

    name: Mapped[str] = mapped_column(String(200))
    queue: Mapped[str] = mapped_column(String(32))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(16), default=QUEUED)
    priority: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=1)
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    fence: Mapped[int] = mapped_column(default=0)
    unique_key: Mapped[str | None] = mapped_column(String(200))
    progress: Mapped[float | None]
    result: Mapped[Any | None] = mapped_column(JSON)
    problem: Mapped[str | None]
    actor_id: Mapped[UUID]
    actor_name: Mapped[str] = mapped_column(String(200))
    actor_roles: Mapped[list[str]] = mapped_column(JSON)
    request_id: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
