"""HTTP for the versions domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from flask import Response

from archivolt_core_documents.contents import download, receive
from archivolt_core_documents.documents import logic as documents
from archivolt_core_documents.documents import orchestrators
from archivolt_core_documents.folders.models import UPDATE
from archivolt_core_documents.versions.models import Version
from archivolt_core_documents.versions.schemas import VersionQuery, VersionSchema
from archivolt_core_documents.versions.service import versions
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    match_if_sent,
    page_of,
    requires,
)

blueprint = Blueprint("versions", __name__, description="What a document was, and is.")


@blueprint.route("/documents/<uuid:id>/versions")
class Versions(ModelAPIView):
    """The versions of a document."""

    @requires("documents.read")
    @blueprint.arguments(VersionQuery, location="query")
    @blueprint.response(200, page_of(VersionSchema))
    def get(self, query: dict[str, Any], id: UUID) -> Any:
        """List the versions of a document, newest first."""
        documents.get(id)
        page = Page.of({**query, "sort": "-number"})
        return answer(versions.filter(page, document_id=id))

    @requires("documents.update", streams=True)
    @blueprint.response(201, VersionSchema)
    def post(self, id: UUID) -> Any:
        """Add a version: multipart with a part ``file``, or a raw body."""
        documents.ensure_exists(id, UPDATE)
        with receive() as received:
            document = documents.get(id, UPDATE)
            match_if_sent(document)
            version: Version = documents.add_version(document, received)
            if received.found is None:
                orchestrators.read_later(id, version.number)
        place = f"/vault/documents/{id}/versions/{version.number}"
        return version, 201, {"Location": f"{place}/content"}


@blueprint.route("/documents/<uuid:id>/versions/<int(max=2147483647):number>/content")
class VersionContent(ModelAPIView):
    """The content of one version."""

    @requires("documents.read")
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
    def get(self, id: UUID, number: int) -> Response:
        """Download a version; ranges and ``If-None-Match`` are understood."""
        documents.get(id)
        return download(versions.numbered(id, number))
