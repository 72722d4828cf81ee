"""The notes on runs and their steps: in every tenant's database, and in the catalog."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from archivolt_host.tenants.columns import Base, CatalogBase, UuidMixin, now

RUNNING, UNWINDING, STUCK = "running", "unwinding", "stuck"
DONE, UNDONE = "done", "undone"
STATUSES: Final = (RUNNING, UNWINDING, STUCK, DONE, UNDONE)
LIVE: Final = (RUNNING, UNWINDING)
# Of a step: begun, done, taken back, left as it is, or seen to by a person.
STARTED, KEPT, SKIPPED = "started", "kept", "skipped"
STANDING: Final = (STARTED, DONE)

DUE = "status IN ('running', 'unwinding') AND parent_id IS NULL"
TAKEN = "status <> 'undone'"


class RunMixin(UuidMixin):
    """One run of an orchestrator: how far it has come, and who is at it."""

    name: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    parent_id: Mapped[UUID | None] = mapped_column(index=True)
    parent_seq: Mapped[int | None]
    input: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: The names of the steps as they were when it began.
    steps: Mapped[list[str]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(16), default=RUNNING)
    cursor: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    result: Mapped[Any | None] = mapped_column(JSON)
    problem: Mapped[str | None] = mapped_column(Text)
    unique_key: Mapped[str | None] = mapped_column(String(200))
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime]
    fence: Mapped[int] = mapped_column(default=1)
    deadline: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(String(200))
    actor_id: Mapped[UUID]
    actor_name: Mapped[str] = mapped_column(String(200))
    carried: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    @declared_attr.directive
    def __table_args__(cls) -> Any:  # noqa: N805 - SQLAlchemy passes the class
        """Let the sweeper find what is due, and keep unique keys unique."""
        due, taken = text(DUE), text(TAKEN)
        return (
            CheckConstraint(f"status IN {STATUSES}", name="status"),
            Index(
                "ix_host_run_due",
                "lease_until",
                sqlite_where=due,
                postgresql_where=due,
            ),
            Index(
                "uq_host_run_unique_key",
                "unique_key",
                unique=True,
                sqlite_where=taken,
                postgresql_where=taken,
            ),
        )


class StepMixin:
    """One step of a run that was begun: what it gave, and whether it still stands."""

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16))
    output: Mapped[Any | None] = mapped_column(JSON)
    problem: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)


class RunRow(RunMixin, Base):
    """A run in a tenant."""

    __tablename__ = "host_run"


class StepRow(StepMixin, Base):
    """A step of a run in a tenant."""

    __tablename__ = "host_step"


class CatalogRunRow(RunMixin, CatalogBase):
    """A run of the system, such as the creation of a tenant."""

    __tablename__ = "host_run"


class CatalogStepRow(StepMixin, CatalogBase):
    """A step of a run of the system."""

    __tablename__ = "host_step"
