"""Sends a content: with ranges, conditions and headers that no browser can misread."""

from typing import Any, Protocol

from flask import Response, request
from werkzeug.datastructures import Range
from werkzeug.wsgi import FileWrapper

from archivolt_core_documents.blobs import blobs
from archivolt_core_documents.contents.names import disposition
from archivolt_host.kit.context import tenant
from archivolt_host.kit.errors import StaleError, UnavailableError

PIECE = 256 * 1024
OWN = ("HTTP_RANGE", "HTTP_IF_MATCH")  # what Werkzeug reads in its own way


class Content(Protocol):
    """What is needed to send one: a document's current version, or an older one."""

    filename: str
    mime_type: str
    size: int
    sha256: str


def download(content: Content) -> Response:
    """Return the answer that streams a content; it holds no database session."""
    tags = request.if_match
    if tags and not tags.contains(content.sha256):
        raise StaleError("The content is another one by now: download it anew.")
    try:
        file = blobs().open(tenant().slug, content.sha256)
    except FileNotFoundError as error:
        raise UnavailableError(
            "The content is missing from the blob store: an operator must restore it."
        ) from error
    response = Response(
        FileWrapper(file, PIECE),
        content_type=content.mime_type,  # without a charset: nobody knows it
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
    try:
        response.make_conditional(
            _conditions(content), accept_ranges=True, complete_length=content.size
        )
    except BaseException:  # such as 416
        file.close()
        raise
    return response


def _conditions(content: Content) -> dict[str, Any]:
    """Return the request without a ``Range`` that is to be ignored.

    That is nonsense, another unit, or several ranges at once (the whole content
    answers those, as RFC 9110 allows: many small ones cost more than they spare); and
    a content that the client has already is not sent in part either.
    """
    wanted = request.range
    environ = {k: v for k, v in request.environ.items() if k not in OWN}
    one = wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1
    if wanted is not None and one and not _has_it(content):
        begin = max(wanted.ranges[0][0] or 0, -content.size)  # "the last 500" of 100
        environ["HTTP_RANGE"] = str(Range("bytes", [(begin, wanted.ranges[0][1])]))
    return environ


def _has_it(content: Content) -> bool:
    return request.if_none_match.contains(content.sha256)
