"""Sends a content: with ranges, conditions and headers that no browser can misread."""

from typing import Protocol

from flask import Response, request
from werkzeug.wsgi import FileWrapper

from archivolt_core_documents.blobs import blobs
from archivolt_core_documents.contents.names import disposition
from archivolt_host.kit.context import tenant
from archivolt_host.kit.errors import UnavailableError

PIECE = 256 * 1024


class Content(Protocol):
    """What is needed to send one: a document's current version, or an older one."""

    filename: str
    mime_type: str
    size: int
    sha256: str


def download(content: Content) -> Response:
    """Return the answer that streams a content; it holds no database session."""
    try:
        file = blobs().open(tenant().slug, content.sha256)
    except FileNotFoundError as error:
        raise UnavailableError(
            "The content is missing from the blob store: an operator must restore it."
        ) from error
    response = Response(
        FileWrapper(file, PIECE),
        mimetype=content.mime_type,
        direct_passthrough=True,
        headers={
            "Content-Disposition": disposition(content.filename),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-cache",
        },
    )
    response.content_length = content.size
    response.set_etag(content.sha256)
    response.make_conditional(
        request.environ, accept_ranges=True, complete_length=content.size
    )
    return response
