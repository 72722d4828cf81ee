"""What goes in and out of the requests API."""

from marshmallow import fields, validate

from archivolt_core_workflow.engine.builtin import STATUSES
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort

TITLE = validate.Length(1, 255)
DESCRIPTION = validate.Length(max=20_000)


class RequestSchema(BaseSchema):
    """A request."""

    id = fields.UUID(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    created_by = fields.UUID(required=True)
    assigned_to = fields.UUID(required=True, allow_none=True)
    reviewed_by = fields.UUID(required=True, allow_none=True)
    reviewed_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class NewRequestSchema(BaseSchema):
    """A request to be made."""

    title = fields.String(required=True, validate=TITLE)
    description = fields.String(load_default="", validate=DESCRIPTION)
    assigned_to = fields.UUID(load_default=None, allow_none=True)


class RequestChangeSchema(BaseSchema):
    """What its creator may change while it is a draft; null assigns to nobody."""

    title = fields.String(validate=TITLE)
    description = fields.String(validate=DESCRIPTION)
    assigned_to = fields.UUID(allow_none=True)


class RequestQuery(ListQuery):
    """How to narrow and sort the list of requests."""

    sort = Sort("created_at", "updated_at", "title")
    status = fields.String(validate=validate.OneOf(STATUSES))
    created_by = fields.UUID()
    assigned_to = fields.UUID()
    title__contains = fields.String(validate=TITLE)
    created_at__gte = Moment()
    created_at__lt = Moment()
