"""What goes in and out of the groups API."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort

NAME = validate.Length(1, 150)
DESCRIPTION = validate.Length(max=1000)


class GroupSchema(BaseSchema):
    """A group."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class NewGroupSchema(BaseSchema):
    """A group to be made."""

    name = fields.String(required=True, validate=NAME)
    description = fields.String(load_default="", validate=DESCRIPTION)


class GroupChangeSchema(BaseSchema):
    """What to change of a group."""

    name = fields.String(validate=NAME)
    description = fields.String(validate=DESCRIPTION)


class GroupQuery(ListQuery):
    """How to narrow and sort the list of groups."""

    sort = Sort("name", "created_at", default="name")
    name__contains = fields.String(validate=NAME)


class InnerGroupQuery(ListQuery):
    """How to sort the groups inside a group."""

    sort = Sort("name", "created_at", default="name")


class MemberQuery(ListQuery):
    """How to sort the users inside a group."""

    sort = Sort("username", "created_at", default="username")
