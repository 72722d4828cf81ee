"""What goes in and out of the grants API."""

from marshmallow import fields, validate

from archivolt_core_permissions.grants.models import ALLOW, EFFECTS
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort


class GrantSchema(BaseSchema):
    """A role that a user or a group has, or is denied, on a scope and below."""

    id = fields.UUID(required=True)
    role = fields.String(required=True)
    user = fields.UUID(required=True, allow_none=True)
    group = fields.UUID(required=True, allow_none=True)
    scope = fields.UUID(
        required=True, metadata={"description": "The tenant's own id: all of it."}
    )
    effect = fields.String(required=True, validate=validate.OneOf(EFFECTS))
    expires_at = Moment(required=True, allow_none=True)
    granted_by = fields.UUID(required=True, allow_none=True)
    created_at = Moment(required=True)


class NewGrantSchema(BaseSchema):
    """A grant to be made, to a user or to a group; without a scope on the tenant."""

    role = fields.String(required=True, validate=validate.Length(1, 100))
    user = fields.String(
        validate=validate.Length(1, 150), metadata={"description": "Name or id."}
    )
    group = fields.UUID()
    scope = fields.UUID(load_default=None, allow_none=True)
    effect = fields.String(load_default=ALLOW, validate=validate.OneOf(EFFECTS))
    expires_at = Moment(load_default=None, allow_none=True)


class GrantQuery(ListQuery):
    """How to narrow and sort the list of grants."""

    sort = Sort("created_at", "expires_at")
    role = fields.String(validate=validate.Length(1, 100))
    user = fields.UUID()
    group = fields.UUID()
    scope = fields.UUID()
    effect = fields.String(validate=validate.OneOf(EFFECTS))
