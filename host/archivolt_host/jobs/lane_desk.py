"""What people do with news and lanes: look, have one tried again, give one up."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from archivolt_host.errors import (
    ArchivoltError,
    NotFoundError,
    RefusedError,
    StaleError,
)
from archivolt_host.jobs.event_models import EventRow, LaneRow, SubscriberRow
from archivolt_host.jobs.positions import LANE
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now


def retry(id: UUID) -> None:
    """Have a lane tried again now, parked or not."""
    if not _changed(LANE.c.id == id, retry_at=now(), attempts=0):
        raise NotFoundError("Lane", id)


def skip(id: UUID, position: int) -> None:
    """Give up what was seen to fail at the head of a lane; the next is tried now.

    Whoever says so twice, or saw a head that was heard since, gives up nothing else.
    """
    failed = (LANE.c.position == position) & (LANE.c.problem != "")
    following = {"position": LANE.c.position + 1, "attempts": 0, "problem": ""}
    if not _changed((LANE.c.id == id) & failed, retry_at=now(), **following):
        raise _why_not(id, position)


def _changed(where: ColumnElement[bool], **values: Any) -> bool:
    change = LANE.update().where(where).values(values)
    return sessions.connection().execute(change).rowcount == 1


def _why_not(id: UUID, position: int) -> ArchivoltError:
    query = select(LANE.c.position).where(LANE.c.id == id)
    head = sessions.connection().scalar(query)
    if head is None:
        return NotFoundError("Lane", id)
    if head != position:
        return StaleError(f"It hangs at position {head} by now: look at that first.")
    return RefusedError("Nothing has failed there yet: it is told in a moment.")


def overview() -> tuple[dict[str, int], Sequence[LaneRow]]:
    """Return how far each plugin has heard, the host first of all, and all lanes."""
    session = sessions.session()
    heard = {row.plugin: row.position for row in session.scalars(select(SubscriberRow))}
    lanes = session.scalars(select(LaneRow).order_by(LaneRow.id)).all()
    return heard, lanes


def at(position: int) -> EventRow:
    """Return the piece of news at a position, or raise NotFoundError."""
    query = select(EventRow).where(EventRow.position == position)
    found = sessions.session().scalars(query).one_or_none()
    if found is None:
        raise NotFoundError("News at position", position)
    return found
