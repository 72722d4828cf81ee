"""What goes in and out of the journal API."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, QuerySchema, Sort


class EntrySchema(BaseSchema):
    """One deed: who, what, before and after, from where and when."""

    id = fields.UUID(required=True)
    at = Moment(required=True)
    actor = fields.UUID(required=True, allow_none=True)
    actor_name = fields.String(required=True)
    on_behalf_of = fields.UUID(required=True, allow_none=True)
    action = fields.String(required=True)
    kind = fields.String(required=True)
    object = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)
    address = fields.String(required=True)
    user_agent = fields.String(required=True)
    request_id = fields.String(required=True)


class EntryFilters(QuerySchema):
    """What to look for in the journal."""

    object = fields.String(validate=validate.Length(1, 200))
    actor = fields.UUID()
    action = fields.String(validate=validate.Length(1, 100))
    at__gte = Moment()
    at__lt = Moment()


class EntryQuery(ListQuery, EntryFilters):
    """How to page through the journal, and what to look for in it."""

    sort = Sort("at", default="-at")
