"""What goes in and out of the sessions API."""

from marshmallow import fields, validate

from archivolt_core_identity.sessions.models import KINDS
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort


class SessionSchema(BaseSchema):
    """A sign-in: where from, with which program, and until when."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    address = fields.String(required=True)
    user_agent = fields.String(required=True)
    created_at = Moment(required=True)
    renewed_at = Moment(required=True)
    expires_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)
    why_ended = fields.String(required=True, allow_none=True)


class SessionQuery(ListQuery):
    """How to page through one's sign-ins."""

    sort = Sort("created_at")
