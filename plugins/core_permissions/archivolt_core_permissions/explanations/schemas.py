"""What goes in and out of explaining."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, Moment, QuerySchema


class ExplainQuery(QuerySchema):
    """Who wants to do what, and on what; without an object on the tenant."""

    user = fields.String(
        required=True,
        validate=validate.Length(1, 150),
        metadata={"description": "Name or id."},
    )
    action = fields.String(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"description": "A permission, such as documents.read."},
    )
    object = fields.UUID(load_default=None)


class ScopeOnPathSchema(BaseSchema):
    """A step of the way from an object up to the tenant."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)


class DecidingGrantSchema(BaseSchema):
    """A grant that allows or denies, or would if it were not over."""

    grant = fields.UUID(required=True)
    role = fields.String(required=True)
    effect = fields.String(required=True)
    user = fields.UUID(required=True, allow_none=True)
    group = fields.UUID(required=True, allow_none=True)
    scope = fields.Nested(ScopeOnPathSchema, required=True)
    granted_by = fields.UUID(required=True, allow_none=True)
    granted_by_name = fields.String(required=True, allow_none=True)
    granted_at = Moment(required=True)
    expires_at = Moment(required=True, allow_none=True)
    expired = fields.Boolean(required=True)


class ExplanationSchema(BaseSchema):
    """Whether somebody may do something, and by which grants."""

    allowed = fields.Boolean(required=True)
    sentence = fields.String(required=True)
    user = fields.UUID(required=True)
    action = fields.String(required=True)
    object = fields.UUID(required=True, allow_none=True)
    path = fields.List(fields.Nested(ScopeOnPathSchema), required=True)
    reasons = fields.List(fields.Nested(DecidingGrantSchema), required=True)
    missing = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Roles of which one would allow it."},
    )
