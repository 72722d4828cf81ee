"""Contents of a whole tenant, out of the blob store and back into it."""

from collections.abc import Iterator
from functools import partial
from typing import IO

from archivolt_core_documents.blobs import blobs
from archivolt_core_documents.versions.service import versions
from archivolt_hookspecs.host import StoredFile
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import uuid7
from archivolt_host.kit.errors import InvalidError

PIECE = 1024 * 1024
BATCH = 500
NAMED = 3  # of the versions that have the same content


def stored() -> Iterator[StoredFile]:
    """Yield every content that a version refers to, once."""
    slug, last = tenant().slug, ""
    while batch := versions.contents(last, BATCH):
        for sha256, size in batch:
            open_it = partial(_open, slug, sha256)
            yield StoredFile(sha256, size, sha256, open_it)
        last = batch[-1][0]


def _open(slug: str, sha256: str) -> IO[bytes]:
    """Open a content; of one that is missing, say which documents need it."""
    try:
        return blobs().open(slug, sha256)
    except FileNotFoundError:
        of = ", ".join(
            f"version {one.number} of {one.filename} (document {one.document_id})"
            for one in versions.with_content(sha256, NAMED)
        )
        raise FileNotFoundError(f"{of}, content {sha256}") from None


def receive(name: str, content: IO[bytes]) -> None:
    """Take a content in under its hash, which it must have."""
    incoming = blobs().receive(tenant().slug, uuid7().hex)
    try:
        while piece := content.read(PIECE):
            incoming.write(piece)
        if incoming.finish() != name:
            raise InvalidError(f"{name} is not the hash of what it names.")
        incoming.keep()
        incoming.done()
    except BaseException:
        incoming.abandon()
        raise
