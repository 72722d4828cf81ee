"""The tables of the instances domain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin, now

RUNNING, ENDED, CANCELLED = "running", "ended", "cancelled"
STATES = (RUNNING, ENDED, CANCELLED)
TRANSITION, ESCALATION = "transition", "escalation"
TIMERS = (TRANSITION, ESCALATION)
#: What every transition changes: the journal has a line for the transition itself.
NOTED = {"audit": "derived"}


class Instance(UuidMixin, TimesMixin, RevisionMixin, Base):
    """A process under way; ``marking`` says where its tokens are."""

    __tablename__ = "workflow_instance"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("ix_workflow_instance_newest", "created_at", "id"),
        Index("ix_workflow_instance_changed", "updated_at", "id"),
        Index("ix_workflow_instance_creator", "created_by", "created_at", "id"),
        Index("ix_workflow_instance_state", "state", "created_at", "id"),
        Index("ix_workflow_instance_key", "key", "state", "created_at", "id"),
        Index("ix_workflow_instance_object", "object_id"),
        Index("ix_workflow_instance_parent", "parent_id"),
        Index("ix_workflow_instance_definition", "definition_id", "state", "id"),
    )

    definition_id: Mapped[UUID] = mapped_column(ForeignKey("workflow_definition.id"))
    key: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16), default=RUNNING, info=NOTED)
    outcome: Mapped[str | None] = mapped_column(String(64), info=NOTED)
    about: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    marking: Mapped[dict[str, Any]] = mapped_column(JSON, info=NOTED)
    events: Mapped[int] = mapped_column(default=0, info=NOTED)
    created_by: Mapped[UUID]
    ended_at: Mapped[datetime | None] = mapped_column(info=NOTED)
    updated_at: Mapped[datetime] = mapped_column(default=now, info=NOTED)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflow_instance.id"))
    parent_token: Mapped[int | None]
    depth: Mapped[int] = mapped_column(default=0)
    #: The news by which it began by itself, and how many led to that, one by the other.
    news: Mapped[str | None] = mapped_column(String(100))
    news_position: Mapped[int | None] = mapped_column(BigInteger)
    generation: Mapped[int] = mapped_column(default=0, server_default="0")


class Event(UuidMixin, Base):
    """One line of an instance's history; it is never changed."""

    __tablename__ = "workflow_event"
    __table_args__ = (
        Index("uq_workflow_event_number", "instance_id", "number", unique=True),
    )
    unaudited = "each line of a history is a deed in the journal as well"

    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflow_instance.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(64))
    source: Mapped[str | None] = mapped_column(String(64))
    target: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[UUID]
    on_behalf_of: Mapped[UUID | None]
    comment: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Timer(UuidMixin, Base):
    """What happens to a token when its time has come.

    One that failed is tried again later; ``fire_at`` None waits for somebody to help.
    """

    __tablename__ = "workflow_timer"
    __table_args__ = (
        CheckConstraint(f"kind IN {TIMERS}", name="kind"),
        Index("ix_workflow_timer_fire_at", "fire_at", "id"),
        Index("ix_workflow_timer_token", "instance_id", "token"),
    )
    unaudited = "follows from where an instance stands"

    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("workflow_instance.id", ondelete="CASCADE")
    )
    token: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    fire_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(String(2000))
