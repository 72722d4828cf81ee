"""What goes in and out of the users API."""

from marshmallow import fields, validate

from archivolt_core_identity.users.models import KINDS, PERSON, STATES
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort

LOCALE = validate.Regexp(
    r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z",
    error="Write a locale as in de, de-CH or zh-Hant-TW.",
)
EMAIL = validate.Length(max=254)


class UserSchema(BaseSchema):
    """A user, as those see them who may manage users."""

    id = fields.UUID(required=True)
    username = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    display_name = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class NewUserSchema(BaseSchema):
    """A user to be added; without a password they cannot sign in with one yet."""

    username = fields.String(required=True, validate=validate.Length(1, 150))
    password = fields.String(load_default=None, validate=validate.Length(1, 1024))
    email = fields.Email(load_default=None, allow_none=True, validate=EMAIL)
    roles = fields.List(fields.String(), load_default=None)
    kind = fields.String(load_default=PERSON, validate=validate.OneOf(KINDS))


class UserChangeSchema(BaseSchema):
    """What to change of a user; an e-mail address of null is cleared."""

    email = fields.Email(allow_none=True, validate=EMAIL)
    password = fields.String(validate=validate.Length(1, 1024))
    roles = fields.List(fields.String())
    state = fields.String(validate=validate.OneOf(STATES))


class UserQuery(ListQuery):
    """How to narrow and sort the list of users."""

    sort = Sort("username", "created_at", default="username")
    state = fields.String(validate=validate.OneOf(STATES))
    email = fields.String(validate=validate.Length(1, 254))
    username__contains = fields.String(validate=validate.Length(1, 150))


class AccountSchema(BaseSchema):
    """A user as they see themselves."""

    id = fields.UUID(required=True)
    username = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    display_name = fields.String(required=True, allow_none=True)
    time_zone = fields.String(required=True, allow_none=True)
    locale = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class MeSchema(AccountSchema):
    """Who is signed in, and what they may do somewhere in the tenant."""

    permissions = fields.List(fields.String(), required=True)


class ProfileSchema(BaseSchema):
    """How one wants to be called, and where and in what language; null clears."""

    display_name = fields.String(allow_none=True, validate=validate.Length(1, 200))
    time_zone = fields.String(allow_none=True, validate=validate.Length(1, 64))
    locale = fields.String(allow_none=True, validate=LOCALE)
