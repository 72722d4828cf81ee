"""What goes in and out of the API of audit logs."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort


class LogSchema(BaseSchema):
    """A deed, with ``old_`` and ``new_`` values in its metadata."""

    id = fields.UUID(required=True)
    actor = fields.UUID(required=True, allow_none=True)
    action = fields.String(required=True)
    target = fields.String(required=True)
    metadata = fields.Dict(required=True)
    ip_address = fields.String(required=True)
    user_agent = fields.String(required=True)
    timestamp = Moment(required=True)


class LogQuery(ListQuery):
    """How to page through the audit logs, newest first."""

    sort = Sort("at", default="-at")
    target = fields.String(validate=validate.Length(1, 200), attribute="object")
    actor = fields.UUID()
    action = fields.String(validate=validate.Length(1, 100))
