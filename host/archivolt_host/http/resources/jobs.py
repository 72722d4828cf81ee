"""``/vault/jobs``: what became of work that outlives its request."""

from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from archivolt_host.http.access import signed_in
from archivolt_host.http.blueprints import Blueprint, ModelAPIView
from archivolt_host.http.paging import Page, answer
from archivolt_host.http.resources.listing import listed
from archivolt_host.http.schemas import BaseSchema, ListQuery, Moment, Sort, page_of
from archivolt_host.jobs import carrying, claims, desk
from archivolt_host.jobs.models import STATUSES, JobRow
from archivolt_host.jobs.registry import QUEUES
from archivolt_host.tenants import context

blueprint = Blueprint("jobs", __name__, description="Work that outlives its request.")

SORTS = {"created_at": JobRow.id}  # ids sort by creation
FILTERS = ("queue", "name", "group_id")


class JobSchema(BaseSchema):
    """A job and what became of it."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    queue = fields.String(required=True)
    status = fields.String(required=True)
    priority = fields.Integer(required=True)
    attempts = fields.Integer(required=True)
    max_attempts = fields.Integer(required=True)
    progress = fields.Float(allow_none=True)
    result = fields.Raw(allow_none=True)
    problem = fields.String(allow_none=True)
    group_id = fields.UUID(allow_none=True)
    actor_id = fields.UUID(required=True)
    created_at = Moment(required=True)
    run_at = Moment(required=True)
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)


class AttemptSchema(BaseSchema):
    """An attempt that came to nothing."""

    number = fields.Integer(required=True)
    worker = fields.String(required=True)
    outcome = fields.String(required=True)
    problem = fields.String(required=True)
    started_at = Moment(allow_none=True)
    ended_at = Moment(required=True)


class OneJobSchema(JobSchema):
    """A job with its arguments, what it came from, and all its failed attempts."""

    arguments = fields.Dict(required=True)
    request_id = fields.String(required=True)
    trace_id = fields.String(allow_none=True)
    history = fields.List(fields.Nested(AttemptSchema), required=True)


class JobQuery(ListQuery):
    """How to narrow the list of jobs."""

    sort = Sort("created_at")
    status = fields.String(validate=validate.OneOf(STATUSES))
    queue = fields.String(validate=validate.OneOf(QUEUES))
    name = fields.String(validate=validate.Length(1, 200))
    group_id = fields.UUID()
    mine = fields.Boolean(load_default=False)


@blueprint.route("/vault/jobs")
class Jobs(ModelAPIView):
    """Jobs of the tenant."""

    @signed_in()
    @blueprint.arguments(JobQuery, location="query")
    @blueprint.response(200, page_of(JobSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List jobs: one's own, and everybody's with the permission ``jobs.read``."""
        page, wanted = Page.of(query), desk.visible()
        if query["mine"]:
            wanted = wanted.where(JobRow.actor_id == context.actor().id)
        if "status" in query:
            wanted = desk.in_status(wanted, query["status"])
        for name in FILTERS:
            if name in query:
                wanted = wanted.where(getattr(JobRow, name) == query[name])
        return answer(listed(wanted, page, SORTS))


@blueprint.route("/vault/jobs/<uuid:id>")
class Job(ModelAPIView):
    """One job."""

    @signed_in()
    @blueprint.response(200, OneJobSchema)
    def get(self, id: UUID) -> dict[str, Any]:
        """Show a job: one's own, or any with the permission ``jobs.read``."""
        return shown(desk.get(id))


@blueprint.route("/vault/jobs/<uuid:id>/cancel")
class Cancel(ModelAPIView):
    """Cancelling a job."""

    @signed_in()
    @blueprint.response(200, OneJobSchema)
    def post(self, id: UUID) -> dict[str, Any]:
        """Cancel a job of one's own: at once, or at its next commit where it runs.

        For others' it takes the permission ``jobs.manage``.
        """
        return shown(desk.cancel(id))


@blueprint.route("/vault/jobs/<uuid:id>/retry")
class Retry(ModelAPIView):
    """Trying a job again."""

    @signed_in()
    @blueprint.response(200, OneJobSchema)
    def post(self, id: UUID) -> dict[str, Any]:
        """Have a job that failed or was cancelled tried again."""
        return shown(desk.retry(id))


def shown(row: JobRow) -> dict[str, Any]:
    """Return a job as it is shown by itself."""
    names = JobSchema().fields.keys() | {"arguments"}
    return {name: getattr(row, name) for name in names} | {
        "request_id": row.carried.get("request_id", ""),
        "trace_id": carrying.trace_id(row.carried),
        "history": claims.attempts_of(row.id),
    }
