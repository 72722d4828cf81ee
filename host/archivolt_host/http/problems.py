"""Every error as one shape: an RFC 9457 problem document, never a trace."""

import errno
import json
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Flask, Response
from marshmallow import ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from archivolt_host import errors
from archivolt_host.errors import ArchivoltError, InvalidError, flatten
from archivolt_host.tenants import context

log = structlog.get_logger()

TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    411: "Length required",
    412: "Changed in the meantime",
    413: "Too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    422: "Unprocessable",
    428: "If-Match required",
    429: "Too many requests",
    431: "Headers too large",
    500: "Internal error",
    503: "Unavailable",
    507: "Storage full",
}
CODES = {405: "method_not_allowed", 404: "not_found", 415: "unsupported_media_type"}
CODES |= {
    411: "length_required",
    413: "too_large",
    400: "bad_request",
    416: "range_not_satisfiable",
}
SENTENCES = {
    404: "There is nothing at this address.",
    413: "The request is larger than allowed.",
    415: "Send the body with 'Content-Type: application/json'.",
}
# What SQLite calls the same as a database that is away, and time does not mend.
OUR_FAULT = ("no such table", "no such column", "readonly database")
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    fields: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem document."""
    body: dict[str, Any] = {
        "type": f"urn:archivolt:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": context.request_id(),
    }
    if fields:
        body["errors"] = fields
    return Response(
        json.dumps(body, ensure_ascii=False),
        status,
        dict(headers or {}),
        content_type="application/problem+json",
    )


def answer_known(error: ArchivoltError) -> Response:
    """Say what went wrong, with the status the error carries."""
    return problem(
        error.status,
        error.code,
        str(error),
        fields=error.errors,
        headers=error.headers,
    )


def answer_http(error: HTTPException) -> Response:
    """Translate what Flask, Werkzeug and webargs raise."""
    status = error.code or 500
    response = error.get_response()
    if status < 400:
        return Response(response.get_data(), status, response.headers)
    kept = {k: v for k, v in response.headers if k in ("Allow", "Content-Range")}
    data = getattr(error, "data", None) or {}
    if "messages" in data:
        found = InvalidError.by_field(data["messages"])
        return problem(status, "invalid", str(found), fields=found.errors)
    detail = _advice(kept) or SENTENCES.get(status) or error.description
    return problem(
        status,
        CODES.get(status, "http_error"),
        detail or TITLES.get(status, "Error"),
        headers=kept,
    )


def _advice(headers: Mapping[str, str]) -> str | None:
    """Return what would be taken here, where the answer's headers tell."""
    if "Allow" in headers:
        return f"Only {', '.join(sorted(headers['Allow'].split(', ')))} are taken here."
    if "Content-Range" in headers:
        size = headers["Content-Range"].rpartition("/")[2]
        return f"There are {size} bytes: ask for a range among them, or for all."
    return None


def answer_validation(error: ValidationError) -> Response:
    """Name the fields that are wrong."""
    return answer_known(InvalidError.by_field(error.messages))


def flatten_serializer_errors(messages: Any) -> list[str]:
    """Return nested validation messages as ``field: message`` lines."""
    return [f"{k}: {m}" for k, found in flatten(messages).items() for m in found]


def answer_stale(error: StaleDataError) -> Response:
    """Say that somebody else was faster."""
    return answer_known(errors.StaleError())


def answer_integrity(error: IntegrityError) -> Response:
    """Say that the database refused a contradiction."""
    log.info("integrity", problem=str(error.orig))
    return answer_known(
        errors.RefusedError("It contradicts something that exists already.")
    )


def answer_database(error: OperationalError) -> Response:
    """Say that the database is down, locked or full."""
    if any(words in str(error.orig) for words in OUR_FAULT):
        return answer_unknown(error)
    log.error("database", problem=str(error.orig))
    if "disk is full" in str(error.orig):
        return answer_known(errors.StorageFullError("The disk is full."))
    return answer_known(
        errors.UnavailableError("The database does not answer: try again soon.")
    )


def answer_os(error: OSError) -> Response:
    """Tell a full disk from a bug."""
    if error.errno in FULL:
        log.error("disk full", problem=str(error))
        return answer_known(
            errors.StorageFullError("The disk is full: nothing was stored.")
        )
    return answer_unknown(error)


def answer_redis(error: RedisError) -> Response:
    """Say that Valkey is down."""
    log.error("valkey", problem=str(error))
    return answer_known(
        errors.UnavailableError("Valkey does not answer: try again soon.")
    )


def answer_unknown(error: Exception) -> Response:
    """Log a bug whole, and tell the caller only where to find it."""
    log.error("unhandled", exc_info=error)
    return problem(
        500, "internal", "Something broke here. The request id leads to the log."
    )


def register(app: Flask) -> None:
    """Have the application answer every error this way."""
    for kind, handler in (
        (ArchivoltError, answer_known),
        (HTTPException, answer_http),
        (ValidationError, answer_validation),
        (StaleDataError, answer_stale),
        (IntegrityError, answer_integrity),
        (OperationalError, answer_database),
        (OSError, answer_os),
        (RedisError, answer_redis),
        (Exception, answer_unknown),
    ):
        app.register_error_handler(kind, handler)
