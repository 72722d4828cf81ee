"""What goes out of the versions API."""

from marshmallow import fields

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment


class VersionSchema(BaseSchema):
    """One content of a document."""

    number = fields.Integer(required=True)
    filename = fields.String(required=True)
    mime_type = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    created_at = Moment(required=True)
    created_by = fields.UUID(allow_none=True)


class VersionQuery(ListQuery):
    """How to page through the versions of a document."""
