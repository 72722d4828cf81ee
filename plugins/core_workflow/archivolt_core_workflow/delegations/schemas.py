"""What goes in and out of the delegations API."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort


class DelegationSchema(BaseSchema):
    """Who stands in for whom, and how long."""

    id = fields.UUID(required=True)
    from_user = fields.UUID(required=True)
    to_user = fields.UUID(required=True)
    begins_at = Moment(required=True)
    ends_at = Moment(required=True)
    reason = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)


class NewDelegationSchema(BaseSchema):
    """An absence; ``from_user`` is oneself where it is not said."""

    from_user = fields.UUID()
    to_user = fields.UUID(required=True)
    begins_at = Moment()
    ends_at = Moment(required=True)
    reason = fields.String(allow_none=True, validate=validate.Length(max=500))

    @validates_schema
    def refuse_backwards(self, said: Any, **_: Any) -> None:
        """Refuse an end before the beginning."""
        if "begins_at" in said and said["begins_at"] >= said["ends_at"]:
            raise ValidationError("It ends after it begins.", "ends_at")


class DelegationQuery(ListQuery):
    """How to page through delegations."""

    sort = Sort("created_at", "begins_at", "ends_at")
