"""What goes in and out of the users API."""

from marshmallow import fields

from archivolt_host.kit.api import BaseSchema, Moment


class MeSchema(BaseSchema):
    """Who is signed in."""

    id = fields.UUID(required=True)
    username = fields.String(required=True)
    email = fields.String(allow_none=True)
    roles = fields.List(fields.String(), required=True)
    created_at = Moment(required=True)
