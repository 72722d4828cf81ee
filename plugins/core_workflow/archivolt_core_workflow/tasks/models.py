"""The tables of the tasks domain."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, UuidMixin, now

OPEN, DONE, CANCELLED = "open", "done", "cancelled"
STATES = (OPEN, DONE, CANCELLED)
#: When a task without a date is due: after all others.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class Task(UuidMixin, RevisionMixin, Base):
    """Something for somebody to do in an instance.

    ``subjects`` are those who may do it, as ``user:<id>``, ``role:<name>`` and
    ``group:<id>``; ``assignee`` is who has claimed it, or was given it.
    """

    __tablename__ = "workflow_task"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("ix_workflow_task_instance", "instance_id", "state", "token"),
        Index("ix_workflow_task_assignee", "assignee", "instance_id"),
        Index("ix_workflow_task_newest", "created_at", "id"),
        Index("ix_workflow_task_state", "state", "created_at", "id"),
        Index("ix_workflow_task_ended_by", "ended_by"),
        Index("ix_workflow_task_ended", "key", "node", "state", "ended_at"),
    )
    unaudited = "follows from its instance; what people do with it is noted"

    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflow_instance.id", ondelete="CASCADE")
    )
    token: Mapped[int]
    key: Mapped[str] = mapped_column(String(64))
    node: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16), default=OPEN)
    subjects: Mapped[list[str]] = mapped_column(JSON)
    assignee: Mapped[UUID | None]
    votes: Mapped[bool] = mapped_column(default=False)
    about: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    decision: Mapped[str | None] = mapped_column(String(64))


class Candidate(Base):
    """Who finds an open task in the inbox: an index, with a row for each subject."""

    __tablename__ = "workflow_candidate"
    __table_args__ = (
        Index("ix_workflow_candidate_due", "subject", "due_at", "task_id"),
        Index("ix_workflow_candidate_task", "task_id"),
    )
    unaudited = "an index: the task's own row says who may do it"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflow_task.id", ondelete="CASCADE"), primary_key=True
    )
    due_at: Mapped[datetime]


class Vote(UuidMixin, Base):
    """A vote; whoever votes for somebody else takes both their turns."""

    __tablename__ = "workflow_vote"
    __table_args__ = (
        Index("uq_workflow_vote_voter", "task_id", "voter", unique=True),
        Index("uq_workflow_vote_for_whom", "task_id", "for_whom", unique=True),
    )
    unaudited = "each vote is a deed in the journal as well"

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflow_task.id", ondelete="CASCADE")
    )
    voter: Mapped[UUID]
    for_whom: Mapped[UUID]
    way: Mapped[str] = mapped_column(String(64))
    comment: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Rotation(UuidMixin, Base):
    """Whose turn it is at a node where people take turns."""

    __tablename__ = "workflow_rotation"
    __table_args__ = (Index("uq_workflow_rotation_node", "key", "node", unique=True),)
    unaudited = "a counter"

    key: Mapped[str] = mapped_column(String(64))
    node: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
