"""What goes in and out of sign-in."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema


class SignInSchema(BaseSchema):
    """Who wants to sign in."""

    username = fields.String(required=True, validate=validate.Length(1, 150))
    password = fields.String(required=True, validate=validate.Length(1, 1024))
    otp = fields.String(load_default=None, validate=validate.Length(1, 20))


class RefreshSchema(BaseSchema):
    """A refresh token to be exchanged."""

    refresh = fields.String(required=True, validate=validate.Length(1, 4096))


class TokenSchema(BaseSchema):
    """A pair of tokens; ``expires_in`` is the access token's life in seconds."""

    access = fields.String(required=True)
    refresh = fields.String(required=True)
    expires_in = fields.Integer(required=True)


class BrowserSchema(BaseSchema):
    """A browser's session: ``csrf_token`` goes into ``X-CSRF-Token`` of each write."""

    csrf_token = fields.String(required=True)
    expires_in = fields.Integer()
