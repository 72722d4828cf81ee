"""The tables of jobs: one set in every tenant's database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.tenants.columns import Base, UuidMixin, now

QUEUED, RUNNING = "queued", "running"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
STATUSES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
LIVE = "status IN ('queued', 'running')"
NOT_DONE = "status <> 'done'"  # few of those that are kept


def only_where(condition: str) -> dict[str, Any]:
    """Return what makes an index hold only some rows, in either database."""
    clause = text(condition)
    return {"sqlite_where": clause, "postgresql_where": clause}


class JobRow(UuidMixin, Base):
    """Something to be done after the commit that wrote this row.

    ``carried`` is who asked for it and from where: see ``carrying``.
    """

    __tablename__ = "host_job"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        Index(
            "ix_host_job_due",
            *("queue", "priority", "run_at", "id"),
            **only_where("status = 'queued'"),
        ),
        Index("ix_host_job_leased", "lease_until", **only_where("status = 'running'")),
        Index("ix_host_job_group", "group_id", **only_where("group_id IS NOT NULL")),
        Index("ix_host_job_actor", "actor_id", "id"),
        Index("ix_host_job_not_done", "id", **only_where(NOT_DONE)),
        Index("uq_host_job_unique_key", "unique_key", unique=True, **only_where(LIVE)),
    )

    name: Mapped[str] = mapped_column(String(200))
    queue: Mapped[str] = mapped_column(String(32))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    carried: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    status: Mapped[str] = mapped_column(String(16), default=QUEUED)
    priority: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=1)
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    fence: Mapped[int] = mapped_column(default=0)
    unique_key: Mapped[str | None] = mapped_column(String(200))
    group_id: Mapped[UUID | None]
    progress: Mapped[float | None]
    result: Mapped[Any | None] = mapped_column(JSON)
    problem: Mapped[str | None]
    actor_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class AttemptRow(UuidMixin, Base):
    """An attempt that came to nothing; the one that succeeds is the job's own row."""

    __tablename__ = "host_job_attempt"

    job_id: Mapped[UUID] = mapped_column(
        ForeignKey("host_job.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    worker: Mapped[str] = mapped_column(String(100))
    outcome: Mapped[str] = mapped_column(String(16))
    problem: Mapped[str]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime] = mapped_column(default=now)


class GroupRow(UuidMixin, Base):
    """Jobs that belong together, and the one to be enqueued when all have ended."""

    __tablename__ = "host_job_group"

    total: Mapped[int]
    pending: Mapped[int]
    failed: Mapped[int] = mapped_column(default=0)
    callback: Mapped[str | None] = mapped_column(String(200))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    carried: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
