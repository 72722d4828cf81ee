"""What a message consists of."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema

MAX_TEXT = 1024 * 1024  # characters


class MessageSchema(BaseSchema):
    """A message of plain text to one address."""

    to = fields.String(required=True, validate=validate.Length(3, 320))
    subject = fields.String(required=True)
    text = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))
