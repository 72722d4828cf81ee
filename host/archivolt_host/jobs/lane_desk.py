"""What people do with news and lanes: look, have one tried again, give one up."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from archivolt_host.errors import NotFoundError
from archivolt_host.jobs.event_models import EventRow, LaneRow, SubscriberRow
from archivolt_host.jobs.positions import LANE
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import now


def retry(id: UUID) -> None:
    """Have a lane tried again now, parked or not."""
    _change(id, retry_at=now(), attempts=0)


def skip(id: UUID) -> None:
    """Give up the piece of news at the head of a lane; the next one is tried now."""
    head = LANE.c.position + 1
    _change(id, position=head, retry_at=now(), attempts=0, problem="")


def _change(id: UUID, **values: Any) -> None:
    change = LANE.update().where(LANE.c.id == id).values(values)
    if sessions.connection().execute(change).rowcount != 1:
        raise NotFoundError("Lane", id)


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
