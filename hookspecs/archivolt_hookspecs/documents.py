"""What the documents plugin asks of other plugins, and tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from archivolt_hookspecs.markers import asks, first, joins, tells


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document as other plugins see it: its current version, without the content."""

    id: UUID
    title: str
    filename: str
    mime_type: str
    size: int
    sha256: str
    version: int
    status: str
    folder_id: UUID | None
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    created_at: datetime
    created_by: UUID | None
    updated_at: datetime


@asks
def document_write_refused(document: DocumentInfo, operation: str) -> str | None:
    """Return a reason to refuse a write, or None to let it pass.

    ``operation`` is ``update``, ``add_version``, ``trash`` or ``restore``.
    """


@joins
def document_saved(document: DocumentInfo, text: str | None) -> None:
    """Follow a new or changed document, inside the transaction that writes it.

    ``text`` is that of its new version, "" where that is yet to be read, None where
    the version is the same as before.
    """


@joins
def document_text_saved(document: DocumentInfo, text: str) -> None:
    """Follow the text that was found later on in a document's current version.

    Inside the transaction that stores it.
    """


@joins
def document_trashed(document: DocumentInfo) -> None:
    """Follow a document into the trash, inside the transaction that moves it."""


@joins
def document_restored(document: DocumentInfo) -> None:
    """Follow a document out of the trash; ``document_text_saved`` comes after it."""


@tells
def document_created(document_id: UUID) -> None:
    """React to a new document. It is committed; a failing subscriber is retried."""


@first
def describe_documents(ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]] | None:
    """Return documents by id as the API shows them to whoever is asking.

    Those in the trash are missing, and those that they may not read.
    """


@first
def documents_changed_since(
    since: datetime | None, after: UUID | None, limit: int
) -> Sequence[tuple[DocumentInfo, str]] | None:
    """Return live documents with their text, in id order, for a plugin that catches up.

    ``since`` None means all; ``after`` is the last id already seen.
    """
