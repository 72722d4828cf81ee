"""What goes in and out of the factors API."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema


class FactorSchema(BaseSchema):
    """Whether there is a second factor, and how many codes are left for its loss."""

    enrolled = fields.Boolean(required=True)
    recovery_codes = fields.Integer(required=True)


class EnrolledSchema(BaseSchema):
    """What a device needs: ``uri`` is what is shown as a QR code."""

    secret = fields.String(required=True)
    uri = fields.String(required=True)


class CodeSchema(BaseSchema):
    """A code, from the device or from the list for its loss."""

    otp = fields.String(required=True, validate=validate.Length(6, 20))


class CodesSchema(BaseSchema):
    """Codes for the day the device is lost; each is good once, and shown now alone."""

    recovery_codes = fields.List(fields.String(), required=True)
