"""What goes in and out of searching."""

from marshmallow import fields, validate

from archivolt_host.kit.api import BaseSchema, ListQuery, Moment


class SearchQuery(ListQuery):
    """What to search for, and the filters of lists."""

    q = fields.String(
        required=True,
        validate=validate.Length(1, 1000),
        metadata={
            "description": 'Words (all must be there), "phrases", -not, prefix*. '
            "Case and accents make no difference."
        },
    )
    mime_type = fields.String(validate=validate.Length(1, 255))
    tag = fields.String(validate=validate.Length(1, 255))
    folder_id = fields.UUID()
    created_at__gte = Moment()
    created_at__lt = Moment()
    title__contains = fields.String(validate=validate.Length(1, 255))


class HitSchema(BaseSchema):
    """A document that was found, and where: the snippet is safe HTML."""

    document = fields.Raw(
        required=True,
        metadata={"type": "object", "description": "As ``/vault/documents`` shows it."},
    )
    snippet = fields.String(required=True)
    score = fields.Float(required=True)
