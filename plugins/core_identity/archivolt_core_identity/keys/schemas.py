"""What goes in and out of the keys API."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort


class KeySchema(BaseSchema):
    """A key as it can be seen afterwards: everything but the key itself."""

    id = fields.UUID(required=True)
    user_id = fields.UUID(required=True)
    name = fields.String(required=True)
    limits = fields.List(fields.String(), required=True, allow_none=True)
    expires_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)
    created_at = Moment(required=True)
    created_by = fields.UUID(required=True, allow_none=True)


class MadeKeySchema(KeySchema):
    """A new key: ``key`` is shown now and never again."""

    key = fields.String(required=True)


class NewKeySchema(BaseSchema):
    """A key to be made; ``limits`` null lets it do whatever its user may."""

    name = fields.String(required=True, validate=validate.Length(1, 100))
    limits = fields.List(
        fields.String(), load_default=None, allow_none=True,
        validate=validate.Length(1, 200),
    )  # fmt: skip
    expires_at = Moment(load_default=None, allow_none=True)
    user_id = fields.UUID(load_default=None, allow_none=True)


class KeyQuery(ListQuery):
    """Whose keys, and how to sort them."""

    sort = Sort("created_at", "name")
    user_id = fields.UUID()
