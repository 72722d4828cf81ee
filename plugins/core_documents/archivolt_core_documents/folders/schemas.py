"""What goes in and out of the folders API."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort

NAME = validate.And(
    validate.Length(1, 255),
    validate.Regexp(r"[^/\\\x00-\x1f]+\Z", error="No slashes or control characters."),
    validate.NoneOf([".", ".."]),
)


class FolderSchema(BaseSchema):
    """A folder."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    parent_id = fields.UUID(required=True, allow_none=True)
    created_at = Moment(required=True)
    created_by = fields.UUID(required=True, allow_none=True)
    updated_at = Moment(required=True)


class NewFolderSchema(BaseSchema):
    """A folder to be made."""

    name = fields.String(required=True, validate=NAME)
    parent_id = fields.UUID(allow_none=True, load_default=None)


class FolderChangeSchema(BaseSchema):
    """A new name, a new place, or both; null moves to the top."""

    name = fields.String(validate=NAME)
    parent_id = fields.UUID(allow_none=True)


class FolderQuery(ListQuery):
    """How to narrow the list of folders."""

    sort = Sort("name", "created_at", default="name")
    parent_id = fields.UUID()
    name = fields.String(validate=validate.Length(1, 255))
