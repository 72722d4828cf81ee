"""``/vault/schedules``: what runs by itself, and when."""

from typing import Any
from uuid import UUID

from marshmallow import fields, validate
from sqlalchemy import select

from archivolt_host.http.access import requires
from archivolt_host.http.blueprints import Blueprint, ModelAPIView
from archivolt_host.http.etags import headers, not_modified, require_match
from archivolt_host.http.paging import Page, answer
from archivolt_host.http.resources.listing import listed
from archivolt_host.http.schemas import BaseSchema, ListQuery, Moment, Sort, page_of
from archivolt_host.jobs import planning, runnable, schedules
from archivolt_host.jobs.schedule_models import ONCE, SKIP, ScheduleRow

blueprint = Blueprint("schedules", __name__, description="What runs by itself.")

READ, MANAGE = "schedules.read", "schedules.manage"
SORTS = {"created_at": ScheduleRow.id}
NAME = validate.Length(1, 200)
MISSED = validate.OneOf((ONCE, SKIP))


class ScheduleSchema(BaseSchema):
    """A schedule: of ``users``, of the ``host``, or of the plugin named as source."""

    id = fields.UUID(required=True)
    source = fields.String(required=True)
    name = fields.String(required=True)
    runs = fields.String(required=True)
    summary = fields.String(required=True)
    arguments = fields.Dict(required=True)
    cron = fields.String(allow_none=True)
    every = fields.Integer(allow_none=True)
    zone = fields.String(required=True)
    missed = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    owner_id = fields.UUID(required=True)
    last_at = Moment(allow_none=True)
    problem = fields.String(allow_none=True)
    next_runs = fields.List(Moment(), required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class ScheduleChangeSchema(BaseSchema):
    """What to change of a schedule of users."""

    name = fields.String(validate=NAME)
    arguments = fields.Dict(keys=fields.String())
    cron = fields.String(allow_none=True, validate=validate.Length(9, 200))
    every = fields.Integer(allow_none=True, validate=validate.Range(1, 366 * 86400))
    zone = fields.String(validate=validate.Length(1, 64))
    missed = fields.String(validate=MISSED)
    enabled = fields.Boolean()


class NewScheduleSchema(BaseSchema):
    """A schedule to be made; give either ``cron`` or ``every``."""

    name = fields.String(required=True, validate=NAME)
    runs = fields.String(required=True, validate=NAME)
    arguments = fields.Dict(keys=fields.String(), load_default=dict)
    cron = fields.String(load_default=None, validate=validate.Length(9, 200))
    every = fields.Integer(load_default=None, validate=validate.Range(1, 366 * 86400))
    zone = fields.String(load_default="UTC", validate=validate.Length(1, 64))
    missed = fields.String(load_default=ONCE, validate=MISSED)
    enabled = fields.Boolean(load_default=True)


class ScheduleQuery(ListQuery):
    """How to narrow the list of schedules."""

    sort = Sort("created_at")
    source = fields.String(validate=validate.Length(1, 100))
    enabled = fields.Boolean()


class ScheduleChoiceSchema(BaseSchema):
    """A job or an action that the caller may have run by a schedule."""

    name = fields.String(required=True)
    kind = fields.String(required=True)
    arguments = fields.List(fields.String(), required=True)
    permission = fields.String(required=True)
    summary = fields.String()


class ScheduleChoicesSchema(BaseSchema):
    """Everything of the kind."""

    items = fields.List(fields.Nested(ScheduleChoiceSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class StartedJobSchema(BaseSchema):
    """The job that was enqueued."""

    job = fields.UUID(required=True)


@blueprint.route("/vault/schedules")
class Schedules(ModelAPIView):
    """All schedules of the tenant."""

    @requires(READ)
    @blueprint.arguments(ScheduleQuery, location="query")
    @blueprint.response(200, page_of(ScheduleSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List schedules: of users, of the host, and of plugins that are on."""
        page, wanted = Page.of(query), select(ScheduleRow)
        wanted = wanted.where(ScheduleRow.source.in_(planning.sources()))
        for name in ("source", "enabled"):
            if name in query:
                wanted = wanted.where(getattr(ScheduleRow, name) == query[name])
        found = listed(wanted, page, SORTS)
        found.items = [shown(row) for row in found.items]
        return answer(found)

    @requires(MANAGE)
    @blueprint.arguments(NewScheduleSchema)
    @blueprint.response(201, ScheduleSchema)
    def post(self, sent: dict[str, Any]) -> Any:
        """Have something run by itself, as the caller, with the caller's rights."""
        row = planning.create(**sent)
        place = {"Location": f"/vault/schedules/{row.id}"}
        return shown(row), 201, {**headers(row), **place}


@blueprint.route("/vault/schedules/choices")
class Choices(ModelAPIView):
    """What can be scheduled."""

    @requires(MANAGE)
    @blueprint.response(200, ScheduleChoicesSchema)
    def get(self) -> dict[str, Any]:
        """List the jobs and actions that the caller may have run by a schedule."""
        return {"items": runnable.choices(), "next": None}


@blueprint.route("/vault/schedules/<uuid:id>")
class Schedule(ModelAPIView):
    """One schedule."""

    @requires(READ)
    @blueprint.response(200, ScheduleSchema)
    def get(self, id: UUID) -> Any:
        """Show a schedule, with its next runs."""
        row = schedules.get(id)
        return not_modified(row) or (shown(row), 200, headers(row))

    @requires(MANAGE)
    @blueprint.arguments(ScheduleChangeSchema)
    @blueprint.response(200, ScheduleSchema)
    def patch(self, sent: dict[str, Any], id: UUID) -> Any:
        """Change a schedule of users, or switch any on and off."""
        row = schedules.get(id)
        require_match(row)
        row = planning.change(row, sent)
        return shown(row), 200, headers(row)

    @requires(MANAGE)
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Delete a schedule of users."""
        row = schedules.get(id)
        require_match(row)
        planning.delete(row)


@blueprint.route("/vault/schedules/<uuid:id>/run")
class RunNow(ModelAPIView):
    """Running a schedule now."""

    @requires(MANAGE)
    @blueprint.response(202, StartedJobSchema)
    def post(self, id: UUID) -> Any:
        """Run what a schedule runs now, whenever it is due next."""
        job = planning.run_now(schedules.get(id))
        return {"job": job}, 202, {"Location": f"/vault/jobs/{job}"}


def shown(row: ScheduleRow) -> dict[str, Any]:
    """Return a schedule as it is shown, with its next runs."""
    names = ScheduleSchema().fields.keys() - {"next_runs", "summary"}
    found = {name: getattr(row, name) for name in names}
    found |= {"summary": runnable.summary(row.runs)}
    return found | {"next_runs": planning.next_runs(row) if row.enabled else []}
