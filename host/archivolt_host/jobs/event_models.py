"""The tables of news: the outbox, how far each plugin has heard, and where it hangs."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.jobs.models import only_where
from archivolt_host.tenants.columns import Base, UuidMixin, now

NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only integers


class EventRow(Base):
    """News, written with the business; its ``position`` is given after the commit.

    Readers go by the position alone: of two numbers, the higher may be committed first.
    """

    __tablename__ = "host_event"
    __table_args__ = (
        Index("uq_host_event_position", "position", unique=True),
        Index("ix_host_event_new", "number", **only_where("position IS NULL")),
        Index("ix_host_event_object", "object", "position"),
    )

    number: Mapped[int] = mapped_column(NUMBER, Identity(), primary_key=True)
    position: Mapped[int | None] = mapped_column(BigInteger)
    hook: Mapped[str] = mapped_column(String(100))
    object: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    carried: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(default=now)


class SubscriberRow(Base):
    """How far a plugin has heard; the host's own row is how far positions are given."""

    __tablename__ = "host_subscriber"

    plugin: Mapped[str] = mapped_column(String(100), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    fence: Mapped[int] = mapped_column(default=0)


class LaneRow(UuidMixin, Base):
    """What a plugin could not hear of one object: it waits, and all behind it too.

    Parked where ``retry_at`` is None, until somebody has it tried again.
    """

    __tablename__ = "host_lane"
    __table_args__ = (UniqueConstraint("plugin", "object"),)

    plugin: Mapped[str] = mapped_column(String(100))
    object: Mapped[str] = mapped_column(String(100))
    position: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int]
    retry_at: Mapped[datetime | None]
    problem: Mapped[str]
    since: Mapped[datetime] = mapped_column(default=now)
