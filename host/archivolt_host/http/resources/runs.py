"""``/vault/runs``: work of several steps, how far it is, and what got stuck."""

from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from archivolt_host.errors import NotFoundError
from archivolt_host.http.access import requires, signed_in
from archivolt_host.http.blueprints import Blueprint, ModelAPIView
from archivolt_host.http.paging import Page, Slice, answer, bad_cursor
from archivolt_host.http.schemas import BaseSchema, ListQuery, Moment, page_of
from archivolt_host.orchestration import inbox
from archivolt_host.orchestration.journal import Journal
from archivolt_host.orchestration.models import STATUSES
from archivolt_host.plugins import dispatch
from archivolt_host.tenants import context

blueprint = Blueprint("runs", __name__, description="Work of several steps.")


class StepSchema(BaseSchema):
    """A step: not begun, started, done, undone, kept (it cannot be) or skipped."""

    name = fields.String(required=True)
    status = fields.String(required=True, allow_none=True)
    problem = fields.String(allow_none=True)
    at = Moment()


class RunSchema(BaseSchema):
    """A run of an orchestrator and how it stands."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    version = fields.Integer(required=True)
    status = fields.String(required=True)
    steps_done = fields.Integer(required=True)
    steps_total = fields.Integer(required=True)
    result = fields.Raw(allow_none=True)
    problem = fields.String(allow_none=True)
    advice = fields.String(allow_none=True)
    actor_name = fields.String(required=True)
    cancelled_by = fields.String(allow_none=True)
    parent_id = fields.UUID(allow_none=True)
    deadline = Moment(allow_none=True)
    created_at = Moment(required=True)
    finished_at = Moment(allow_none=True)


class OneRunSchema(RunSchema):
    """A run with its steps."""

    steps = fields.List(fields.Nested(StepSchema), required=True)


class RunQuery(ListQuery):
    """Which runs; ``stuck`` ones wait for somebody."""

    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    name = fields.String(load_default=None)


@blueprint.route("/vault/runs")
class Runs(ModelAPIView):
    """The runs of this tenant."""

    @requires("runs.read")
    @blueprint.arguments(RunQuery, location="query")
    @blueprint.response(200, page_of(RunSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List runs, the newest first; ``?status=stuck`` is the inbox.

        With a status, parts of other runs are among them.
        """
        page = Page.of(query)
        rows = inbox.newest(_journal(), page.limit + 1, before=_before(page), **query)
        shown, more = rows[: page.limit], len(rows) > page.limit
        cursor = page.cursor_at([shown[-1].id]) if more else None
        return answer(Slice([described(row) for row in shown], cursor))


@blueprint.route("/vault/runs/<uuid:id>")
class Run(ModelAPIView):
    """One run."""

    @signed_in()
    @blueprint.response(200, OneRunSchema)
    def get(self, id: UUID) -> dict[str, Any]:
        """Show a run: one's own, or any with the permission ``runs.read``."""
        row = inbox.get(_journal(), id)
        if row.actor_id != context.actor().id and not dispatch.allowed("runs.read"):
            raise NotFoundError("Run", id)
        return shown(row)


@blueprint.route("/vault/runs/<uuid:id>/retry", methods=["POST"])
@requires("runs.manage")
@blueprint.response(202, OneRunSchema)
def retry(id: UUID) -> dict[str, Any]:
    """Go on with a run that is stuck or waits, once the cause is mended."""
    return shown(inbox.retry(_journal(), id))


@blueprint.route("/vault/runs/<uuid:id>/skip", methods=["POST"])
@requires("runs.manage")
@blueprint.response(202, OneRunSchema)
def skip(id: UUID) -> dict[str, Any]:
    """Take the step that could not be undone as seen to by hand; undo the others."""
    return shown(inbox.skip(_journal(), id, context.actor().name))


@blueprint.route("/vault/runs/<uuid:id>/cancel", methods=["POST"])
@requires("runs.manage")
@blueprint.response(202, OneRunSchema)
def cancel(id: UUID) -> dict[str, Any]:
    """Have a run taken back before its next step."""
    return shown(inbox.cancel(_journal(), id, context.actor().name))


def _before(page: Page) -> UUID | None:
    """Return the last run seen; anybody may have written the cursor."""
    after = page.after()
    if after is None:
        return None
    try:
        [last] = after
        return UUID(last)
    except (TypeError, ValueError, AttributeError) as error:
        raise bad_cursor() from error


def _journal() -> Journal:
    return Journal(context.tenant())


def described(row: Any) -> dict[str, Any]:
    """Return a run as the API shows it."""
    facts = {"steps_total": len(row.steps), "advice": inbox.advice(row)}
    return {**row._mapping, **facts}


def shown(row: Any) -> dict[str, Any]:
    """Return a run with its steps."""
    return described(row) | {"steps": inbox.steps_of(_journal(), row)}
