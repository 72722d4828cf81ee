"""Reads an upload: multipart with its parts in any order, or any other body raw."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, Any

from flask import json, request
from werkzeug.exceptions import LengthRequired
from werkzeug.formparser import FormDataParser

from archivolt_core_documents.blobs import Incoming, blobs
from archivolt_core_documents.contents import names
from archivolt_core_documents.extraction import Extracted, read_at_once, sniff
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import uuid7
from archivolt_host.kit.errors import InvalidError, TooLargeError
from archivolt_host.kit.settings import setting

PIECE = 64 * 1024
MAX_FIELDS = 1024 * 1024  # bytes of all form fields together
MULTIPART = "multipart/form-data"


@dataclass
class Received:
    """A content that has come in whole, and what was said about it."""

    incoming: Incoming
    filename: str
    sha256: str = ""
    mime_type: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.incoming.size

    @cached_property
    def found(self) -> Extracted | None:
        """What it says, if it is small and plain; else a job is to read it."""
        head = self.incoming.head
        return read_at_once(head, self.mime_type) if len(head) == self.size else None


class Limited:
    """An incoming content that refuses to grow beyond the tenant's limit."""

    def __init__(self, incoming: Incoming, limit: int) -> None:
        self.incoming = incoming
        self.limit = limit

    def write(self, data: bytes) -> int:
        """Take the next piece, or raise TooLargeError."""
        if self.incoming.size + len(data) > self.limit:
            raise too_large(self.limit)
        return self.incoming.write(data)

    def seek(self, position: int) -> int:
        """The form parser rewinds what it has written; there is nothing to rewind."""
        return position

    def close(self) -> None:
        """Closed by ``finish`` or ``abandon``."""


class Metered:
    """A form's body that refuses to hold much beside the file."""

    def __init__(self, body: IO[bytes], file: Limited) -> None:
        self._body = body
        self._file = file
        self._came = 0

    def read(self, size: int = -1) -> bytes:
        """Read on, or raise TooLargeError."""
        data = self._body.read(size)
        self._came += len(data)
        # What the parser has not handed on yet counts as fields for a moment.
        if self._came - self._file.incoming.size > MAX_FIELDS + 2 * PIECE:
            raise TooLargeError(
                f"The form's fields are larger than {MAX_FIELDS:,} bytes together."
            )
        return data


def too_large(limit: int) -> TooLargeError:
    """Return the error for a content above the limit."""
    return TooLargeError(f"The file is larger than {limit:,} bytes, the limit here.")


@contextmanager
def receive() -> Iterator[Received]:
    """Take the request's content in; on any error nothing of it stays."""
    limit = setting("core_documents", "max_upload")
    if request.content_length is None:
        # Without a length, an upload that broke off looks like one that ended.
        raise LengthRequired("Send the size of the body in Content-Length.")
    if request.content_length > limit + MAX_FIELDS:
        raise too_large(limit)
    incoming = blobs().receive(tenant().slug, uuid7().hex)
    try:
        received = _read(Limited(incoming, limit))
        received.sha256 = incoming.finish()
        received.mime_type = sniff(incoming.head, received.filename, incoming.path())
        yield received
    except BaseException:
        incoming.abandon()
        raise


def _read(target: Limited) -> Received:
    if request.mimetype == MULTIPART:
        return _read_form(target)
    return _read_raw(target)


def _read_raw(target: Limited) -> Received:
    sent = request.headers.get("Content-Disposition")
    filename = names.from_disposition(sent) if sent else None
    if filename is None:
        raise InvalidError(
            "Name the file: send 'Content-Disposition: attachment; "
            'filename="report.pdf"\', or send a multipart form with a part named file.'
        )
    while piece := request.stream.read(PIECE):
        target.write(piece)
    return Received(target.incoming, filename)


def _read_form(target: Limited) -> Received:
    """Stream the part named ``file`` into the blob; other parts are small fields."""
    files_seen = []

    def open_part(
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None,
        content_length: int | None = None,
    ) -> Limited:
        files_seen.append(filename)
        if len(files_seen) > 1:
            raise InvalidError("Send one file per request.")
        return target

    body = Metered(request.stream, target)
    parser = FormDataParser(
        stream_factory=open_part,  # type: ignore[arg-type]
        max_form_memory_size=MAX_FIELDS,
        max_form_parts=100,
        silent=False,
    )
    try:
        _, form, files = parser.parse(
            body,  # type: ignore[arg-type]
            MULTIPART,
            request.content_length,
            request.mimetype_params,
        )
    except ValueError as error:
        raise InvalidError(f"The form cannot be read: {error}.") from error
    found = files.get("file")
    if found is None:
        raise InvalidError("The form has no part named file.", {"file": ["Missing."]})
    return Received(
        target.incoming, names.clean(found.filename or ""), fields=_fields(form)
    )


def _fields(form: Any) -> dict[str, Any]:
    """Return the form's fields; ``tags`` may repeat, ``metadata`` is JSON."""
    fields: dict[str, Any] = {}
    for name in form:
        values = form.getlist(name)
        if name == "tags":
            fields[name] = _tags(values)
        elif len(values) > 1:
            raise InvalidError(f"{name} was sent twice.", {name: ["Sent twice."]})
        elif name == "metadata":
            fields[name] = _json(name, values[0])
        else:
            fields[name] = values[0]
    return fields


def _tags(values: list[str]) -> list[str]:
    """Return tags from a JSON list, from commas, or from repeated fields."""
    if len(values) == 1 and values[0].lstrip().startswith("["):
        found = _json("tags", values[0])
        return found if isinstance(found, list) else [values[0]]
    return [tag.strip() for value in values for tag in value.split(",") if tag.strip()]


def _json(name: str, text: str) -> Any:
    """Read JSON as strictly as a JSON body: no NaN, no number that cannot go out."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidError(
            f"{name} is not valid JSON.", {name: ["Not valid JSON."]}
        ) from error
