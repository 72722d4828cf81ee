"""What goes in and out of the passwords API."""

from marshmallow import ValidationError, fields, validate, validates_schema

from archivolt_host.kit.api import BaseSchema

PASSWORD = validate.Length(1, 1024)


class ResetSchema(BaseSchema):
    """Who wants a new password: by user name or by e-mail address."""

    username = fields.String(validate=validate.Length(1, 150))
    email = fields.Email(validate=validate.Length(max=254))

    @validates_schema
    def refuse_both_and_neither(self, data: dict[str, str], **_: object) -> None:
        """Want exactly one of the two."""
        if len(data) != 1:
            raise ValidationError("Send either username or email.", "username")


class ConfirmSchema(BaseSchema):
    """The word from the message, and the new password."""

    token = fields.String(required=True, validate=validate.Length(1, 200))
    password = fields.String(required=True, validate=PASSWORD)


class OwnPasswordSchema(BaseSchema):
    """The present password and the new one."""

    old = fields.String(required=True, validate=PASSWORD)
    new = fields.String(required=True, validate=PASSWORD)
