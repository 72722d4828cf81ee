"""HTTP for the documents domain: parse, call, answer."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask import Response

from archivolt_core_documents.contents import download, receive
from archivolt_core_documents.documents import logic, orchestrators
from archivolt_core_documents.documents.models import ACTIVE, TRASHED
from archivolt_core_documents.documents.schemas import (
    DocumentFields,
    DocumentQuery,
    DocumentSchema,
    TrashQuery,
)
from archivolt_core_documents.documents.service import documents
from archivolt_core_documents.folders.models import DELETE, READ, UPDATE
from archivolt_hookspecs.documents import document_created
from archivolt_hookspecs.events import EventInfo
from archivolt_host.kit import access
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    headers,
    match_if_sent,
    not_modified,
    page_of,
    require_match,
    requires,
)

blueprint = Blueprint("documents", __name__, description="Upload, describe, find.")

UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "title": {"type": "string", "maxLength": 255},
                        "folder_id": {"type": "string", "format": "uuid"},
                        "tags": {"type": "array", "items": {"type": "string"}},
                        "metadata": {"type": "string", "description": "JSON object"},
                    },
                }
            },
            "*/*": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "parameters": [
        {
            "name": "Content-Disposition",
            "in": "header",
            "description": "Names the file of a raw body.",
            "schema": {"type": "string"},
            "example": 'attachment; filename="report.pdf"',
        }
    ],
}
FIELDS, SHOWN = DocumentFields(), DocumentSchema()
BINARY = {"type": "string", "format": "binary"}


@blueprint.route("/documents")
class Documents(ModelAPIView):
    """All documents."""

    @requires("documents.read")
    @blueprint.arguments(DocumentQuery, location="query")
    @blueprint.response(200, page_of(DocumentSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List documents."""
        page = Page.of(query)
        return answer(
            documents.filter(page, visible=access.filter(READ), status=ACTIVE, **query)
        )

    @requires("documents.create", streams=True)
    @blueprint.doc(**UPLOAD)
    @blueprint.response(201, DocumentSchema)
    def post(self) -> Any:
        """Upload a document: multipart with a part ``file``, or any other body raw.

        The MIME type is found out from the content. The text of a small plain
        file is read at once, any other afterwards: see ``text_status``.
        """
        with receive() as received:
            values = FIELDS.load(received.fields) if received.fields else {}
            document = logic.create(received, values)
            if received.found is None:
                orchestrators.read_later(document.id, document.version)
        place = {"Location": f"/vault/documents/{document.id}"}
        return document, 201, {**headers(document), **place}


@blueprint.route("/documents/<uuid:id>")
class OneDocument(ModelAPIView):
    """One document."""

    @requires("documents.read")
    @blueprint.response(200, DocumentSchema)
    def get(self, id: UUID) -> Any:
        """Show a document."""
        document = logic.get(id)
        return not_modified(document) or (document, 200, headers(document))

    @requires("documents.update")
    @blueprint.arguments(DocumentFields)
    @blueprint.response(200, DocumentSchema)
    def patch(self, values: dict[str, Any], id: UUID) -> Any:
        """Change title, folder, tags or metadata; null clears. Needs ``If-Match``."""
        document = logic.get(id, UPDATE)
        require_match(document)
        changed = logic.change(document, values)
        return changed, 200, headers(changed)

    @requires("documents.delete")
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Move a document into the trash. ``If-Match`` required."""
        document = logic.get(id, DELETE)
        require_match(document)
        logic.trash(document)


@blueprint.route("/documents/<uuid:id>/content")
class DocumentContent(ModelAPIView):
    """The content of a document's current version."""

    @requires("documents.read")
    @blueprint.response(200, BINARY, content_type="*/*")
    def get(self, id: UUID) -> Response:
        """Download the content; ranges and ``If-None-Match`` are understood."""
        return download(logic.get(id))


@blueprint.route("/documents/<uuid:id>/restore")
class Restore(ModelAPIView):
    """The way out of the trash."""

    @requires("documents.delete")
    @blueprint.response(200, DocumentSchema)
    def post(self, id: UUID) -> Any:
        """Take a document out of the trash."""
        match_if_sent(logic.seen(id))
        document = logic.restore(id)
        return document, 200, headers(document)


@blueprint.route("/trash")
class Trash(ModelAPIView):
    """Documents that were deleted, until they are purged."""

    @requires("documents.read")
    @blueprint.arguments(TrashQuery, location="query")
    @blueprint.response(200, page_of(DocumentSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List the trash."""
        return answer(
            documents.filter(
                Page.of(query), visible=access.filter(READ), status=TRASHED
            )
        )


def described(ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return documents by id as the API shows them to the caller, without the trash."""
    found = documents.by_ids(ids, visible=access.filter(READ))
    return {d.id: SHOWN.dump(d) for d in found if d.status == ACTIVE}


def visible_events(events: Iterable[EventInfo]) -> list[int]:
    """Return the positions of the news of documents that the caller may read."""
    told = {
        event.position: UUID(event.arguments["document_id"])
        for event in events
        if event.hook == document_created.__name__
    }
    seen = documents.by_ids(list(told.values()), visible=access.filter(READ))
    ids = {document.id for document in seen}
    return [position for position, id in told.items() if id in ids]
