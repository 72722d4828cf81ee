"""What goes in and out of the documents API."""

import json
from typing import Any

from marshmallow import ValidationError, fields, validate

from archivolt_core_documents.documents.models import STATUSES, TEXT_STATUSES
from archivolt_host.kit.api import BaseSchema, ListQuery, Moment, Sort

MAX_METADATA = 64 * 1024  # bytes as JSON
MAX_TAGS = 100


class Tags(fields.List[Any]):
    """Short labels."""

    def __init__(self, **options: Any) -> None:
        label = fields.String(validate=validate.Length(1, 100))
        super().__init__(label, validate=validate.Length(max=MAX_TAGS), **options)


class DocumentSchema(BaseSchema):
    """A document: its current version, and what users say about it."""

    id = fields.UUID(required=True)
    title = fields.String(required=True)
    filename = fields.String(required=True)
    mime_type = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    version = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    text_status = fields.String(required=True, validate=validate.OneOf(TEXT_STATUSES))
    text_problem = fields.String(required=True, allow_none=True)
    folder_id = fields.UUID(required=True, allow_none=True)
    tags = fields.List(fields.String(), required=True)
    metadata = fields.Dict(required=True, attribute="properties")
    created_at = Moment(required=True)
    created_by = fields.UUID(required=True, allow_none=True)
    updated_at = Moment(required=True)


def refuse_large(value: Any) -> None:
    """Keep metadata what it is: some words about a document."""
    if value is not None and len(json.dumps(value)) > MAX_METADATA:
        raise ValidationError(f"At most {MAX_METADATA:,} bytes of JSON.")


class DocumentFields(BaseSchema):
    """What users say about a document."""

    title = fields.String(validate=validate.Length(max=255), allow_none=True)
    folder_id = fields.UUID(allow_none=True)
    tags = Tags(allow_none=True)
    metadata = fields.Dict(keys=fields.String(), allow_none=True, validate=refuse_large)


class MoveSchema(BaseSchema):
    """A document, and the folder it is to go to; null is none."""

    document_id = fields.UUID(required=True)
    folder_id = fields.UUID(required=True, allow_none=True)


class MetadataSchema(BaseSchema):
    """A document, and what is to be said about it; the rest is kept."""

    document_id = fields.UUID(required=True)
    metadata = fields.Dict(keys=fields.String(), required=True, validate=refuse_large)


class DocumentQuery(ListQuery):
    """How to narrow and sort the list of documents."""

    sort = Sort("created_at", "updated_at", "title", "filename", "size")
    title__contains = fields.String(validate=validate.Length(1, 255))
    mime_type = fields.String(validate=validate.Length(1, 255))
    tag = fields.String(validate=validate.Length(1, 100))
    folder_id = fields.UUID()
    created_at__gte = Moment()
    created_at__lt = Moment()


class TrashQuery(ListQuery):
    """How to page through the trash."""

    sort = Sort(
        "trashed_at", "created_at", "title", "filename", "size", default="-trashed_at"
    )
