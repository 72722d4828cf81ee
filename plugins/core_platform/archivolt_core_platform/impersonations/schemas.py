"""What goes in and out of the impersonations API."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, Moment


class NewImpersonationSchema(BaseSchema):
    """Who one is, as whom one wants to act, why, and until when."""

    username = fields.String(required=True, validate=validate.Length(1, 150))
    password = fields.String(required=True, validate=validate.Length(1, 1024))
    user = fields.String(required=True, validate=validate.Length(1, 150))
    reason = fields.String(required=True, validate=validate.Length(5, 500))
    to = Moment(required=True)


class ImpersonationTokenSchema(BaseSchema):
    """A token to act with; there is none to renew it."""

    access = fields.String(required=True)
    expires_in = fields.Integer(required=True)
