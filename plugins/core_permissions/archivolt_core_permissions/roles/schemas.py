"""What goes in and out of the roles API."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort

NAME = validate.And(
    validate.Length(1, 100),
    validate.Regexp(
        r"[a-z][a-z0-9._-]*\Z",
        error="Lower-case letters, digits, '.', '_' and '-', a letter first.",
    ),
)
MOST = 500  # permissions of one role


class RoleSchema(BaseSchema):
    """A named set of permissions; a preset is the same in every tenant."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    summary = fields.String(required=True)
    preset = fields.Boolean(required=True)
    permissions = fields.List(fields.String(), required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class NewRoleSchema(BaseSchema):
    """A role to be made."""

    name = fields.String(required=True, validate=NAME)
    summary = fields.String(load_default="", validate=validate.Length(max=500))
    permissions = fields.List(
        fields.String(), required=True, validate=validate.Length(1, MOST)
    )


class RoleChangeSchema(BaseSchema):
    """What to change of a role."""

    name = fields.String(validate=NAME)
    summary = fields.String(validate=validate.Length(max=500))
    permissions = fields.List(fields.String(), validate=validate.Length(1, MOST))


class RoleQuery(ListQuery):
    """How to page through the roles."""

    sort = Sort("name", "created_at", default="name")
    name = fields.String(validate=validate.Length(1, 100))
