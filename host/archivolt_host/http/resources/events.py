"""``/vault/events``: news of the tenant, to be replayed; and where subscribers hang."""

from typing import Any
from uuid import UUID

from marshmallow import fields, validate
from sqlalchemy import select

from archivolt_hookspecs import events as hookspecs
from archivolt_hookspecs.events import EventInfo
from archivolt_host.http.access import requires, signed_in
from archivolt_host.http.blueprints import Blueprint, ModelAPIView
from archivolt_host.http.paging import Page, Slice, answer, bad_cursor
from archivolt_host.http.resources.listing import listed
from archivolt_host.http.schemas import BaseSchema, ListQuery, Moment, Sort, page_of
from archivolt_host.jobs import bus, lane_desk, rings
from archivolt_host.jobs.event_models import EventRow, LaneRow
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import sessions

blueprint = Blueprint("events", __name__, description="News of the tenant.")

READ, MANAGE = "events.read", "events.manage"
LARGEST = 2**63 - 1
MOST_PASSED = 1000  # pieces of news looked at for one answer
SORTS = {"since": LaneRow.id}


class EventSchema(BaseSchema):
    """A piece of news."""

    position = fields.Integer(required=True)
    event = fields.String(required=True, attribute="hook")
    object = fields.String(required=True)
    arguments = fields.Dict(required=True)
    at = Moment(required=True)


class EventQuery(ListQuery):
    """From where on to replay."""

    after = fields.Integer(load_default=0, validate=validate.Range(0, LARGEST))


class LaneSchema(BaseSchema):
    """What a plugin could not hear of an object; parked where ``retry_at`` is null."""

    id = fields.UUID(required=True)
    plugin = fields.String(required=True)
    object = fields.String(required=True)
    position = fields.Integer(required=True)
    attempts = fields.Integer(required=True)
    retry_at = Moment(allow_none=True)
    problem = fields.String(required=True)
    since = Moment(required=True)


class SkipSchema(BaseSchema):
    """What is to be given up: the position at which the lane was seen to hang."""

    position = fields.Integer(required=True, validate=validate.Range(1, LARGEST))


class LaneQuery(ListQuery):
    """How to narrow the list of lanes."""

    sort = Sort("since", default="-since")
    plugin = fields.String(validate=validate.Length(1, 100))


@blueprint.route("/vault/events")
class Events(ModelAPIView):
    """News of the tenant, in the order of its positions."""

    @signed_in()
    @blueprint.arguments(EventQuery, location="query")
    @blueprint.response(200, page_of(EventSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """Replay news that the caller may read, from behind a position on.

        Positions grow without gaps in time: what comes later stands behind.
        """
        return answer(replayed(_after(query), query["limit"]))


def _after(query: dict[str, Any]) -> int:
    """Return the position that was seen last: the cursor's, or the one given."""
    if query["cursor"] is None:
        return int(query["after"])
    if not query["cursor"].isdecimal() or int(query["cursor"]) > LARGEST:
        raise bad_cursor()
    return int(query["cursor"])


def replayed(after: int, limit: int) -> Slice:
    """Return what the caller may read behind a position, and where to go on."""
    found: list[EventRow] = []
    passed = 0
    while len(found) < limit and passed < MOST_PASSED:
        wanted = limit + 1
        query = select(EventRow).where(EventRow.position > after)
        query = query.order_by(EventRow.position).limit(wanted)
        rows = sessions.session().scalars(query).all()
        allowed = _visible(rows[:limit])
        for row in rows[:limit]:
            after, passed = row.position or after, passed + 1
            if row.position in allowed:
                found.append(row)
            if len(found) == limit:
                break
        else:
            if len(rows) < wanted:
                return Slice(found)
    return Slice(found, str(after))


def _visible(rows: Any) -> set[int]:
    """Return the positions of what the caller may read, by whoever told it."""
    if dispatch.allowed(READ):
        return {row.position for row in rows}
    infos = [
        EventInfo(r.position, r.hook, r.object, dict(r.arguments), r.at) for r in rows
    ]
    if not infos:
        return set()
    answers = dispatch.collect(hookspecs.visible_events.__name__, events=infos)
    return {position for answer in answers for position in answer}


@blueprint.route("/vault/event-lanes")
class Lanes(ModelAPIView):
    """Where subscribers hang."""

    @requires(READ)
    @blueprint.arguments(LaneQuery, location="query")
    @blueprint.response(200, page_of(LaneSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List what plugins could not hear: it is tried again, or parked."""
        page, wanted = Page.of(query), select(LaneRow)
        if "plugin" in query:
            wanted = wanted.where(LaneRow.plugin == query["plugin"])
        return answer(listed(wanted, page, SORTS))


@blueprint.route("/vault/event-lanes/<uuid:id>/retry")
class Retry(ModelAPIView):
    """Trying a lane again."""

    @requires(MANAGE)
    @blueprint.response(204)
    def post(self, id: UUID) -> None:
        """Have what waits in a lane tried again, parked or not."""
        lane_desk.retry(id)
        bus.announce(sessions.unit(), rings.EVENTS)


@blueprint.route("/vault/event-lanes/<uuid:id>/skip")
class Skip(ModelAPIView):
    """Giving up what is at the head of a lane."""

    @requires(MANAGE)
    @blueprint.arguments(SkipSchema)
    @blueprint.response(204)
    def post(self, sent: dict[str, Any], id: UUID) -> None:
        """Give up the piece of news at the head of a lane; what is behind it is told.

        Say the ``position`` that you saw there: 412 where the lane went on meanwhile.
        """
        lane_desk.skip(id, sent["position"])
        bus.announce(sessions.unit(), rings.EVENTS)
