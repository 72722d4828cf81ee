"""``/vault/jobs``: what became of work that outlives its request."""

from uuid import UUID

from marshmallow import fields

from archivolt_host.errors import NotFoundError
from archivolt_host.http.access import signed_in
from archivolt_host.http.blueprints import Blueprint, ModelAPIView
from archivolt_host.http.schemas import BaseSchema, Moment
from archivolt_host.jobs import bus
from archivolt_host.jobs.models import JobRow
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context

blueprint = Blueprint("jobs", __name__, description="Work that outlives its request.")


class JobSchema(BaseSchema):
    """A job and what became of it."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    queue = fields.String(required=True)
    status = fields.String(required=True)
    attempts = fields.Integer(required=True)
    progress = fields.Float(allow_none=True)
    result = fields.Raw(allow_none=True)
    problem = fields.String(allow_none=True)
    created_at = Moment(required=True)
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)


@blueprint.route("/vault/jobs/<uuid:id>")
class Job(ModelAPIView):
    """One job."""

    @signed_in()
    @blueprint.response(200, JobSchema)
    def get(self, id: UUID) -> JobRow:
        """Show a job: one's own, or any with the permission ``jobs.read``."""
        row = bus.get(id)
        if row.actor_id != context.actor().id and not dispatch.allowed("jobs.read"):
            raise NotFoundError("Job", id)
        return row
