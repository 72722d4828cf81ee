"""What goes in and out of the invitations API."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort


class NewInvitationSchema(BaseSchema):
    """Whom to invite, and the roles that they are to have."""

    email = fields.Email(required=True, validate=validate.Length(max=254))
    roles = fields.List(fields.String(), load_default=None)


class InvitationSchema(BaseSchema):
    """An invitation; its word is in the message and nowhere else."""

    id = fields.UUID(required=True)
    email = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    expires_at = Moment(required=True)
    accepted_at = Moment(required=True, allow_none=True)
    user_id = fields.UUID(required=True, allow_none=True)
    created_at = Moment(required=True)
    created_by = fields.UUID(required=True, allow_none=True)


class InvitationQuery(ListQuery):
    """How to page through invitations."""

    sort = Sort("created_at")


class AcceptSchema(BaseSchema):
    """The word from the message, and the account that one wants."""

    token = fields.String(required=True, validate=validate.Length(1, 200))
    username = fields.String(required=True, validate=validate.Length(1, 150))
    password = fields.String(required=True, validate=validate.Length(1, 1024))
    display_name = fields.String(load_default=None, validate=validate.Length(1, 200))
