"""The rules of the documents domain. Knows no SQL and no HTTP."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from archivolt_core_documents.blobs import Incoming, blobs
from archivolt_core_documents.contents.receiving import Received
from archivolt_core_documents.documents.models import (
    ACTIVE,
    DONE,
    FAILED,
    PENDING,
    RUNNING,
    TRASHED,
    Document,
)
from archivolt_core_documents.documents.service import documents
from archivolt_core_documents.folders.logic import enter as enter_folder
from archivolt_core_documents.folders.models import CREATE, DELETE, READ, UPDATE
from archivolt_core_documents.versions.models import Version
from archivolt_core_documents.versions.service import versions
from archivolt_hookspecs.documents import DocumentInfo
from archivolt_host.kit import access, hooks
from archivolt_host.kit.access import EVERYTHING
from archivolt_host.kit.context import actor, tenant
from archivolt_host.kit.db import (
    after_commit,
    after_rollback,
    now,
    reading,
    transaction,
    uuid7,
)
from archivolt_host.kit.errors import NotFoundError, RefusedError
from archivolt_host.kit.settings import setting


def info(document: Document) -> DocumentInfo:
    """Return the document as other plugins see it."""
    return DocumentInfo(
        id=document.id,
        title=document.title,
        filename=document.filename,
        mime_type=document.mime_type,
        size=document.size,
        sha256=document.sha256,
        version=document.version,
        status=document.status,
        folder_id=document.folder_id,
        tags=tuple(document.tags),
        metadata=document.properties,
        created_at=document.created_at,
        created_by=document.created_by,
        updated_at=document.updated_at,
    )


def get(id: UUID, action: str = READ) -> Document:
    """Return a document to act on; not found are those in the trash or out of sight."""
    document = seen(id)
    if document.status != ACTIVE:
        raise NotFoundError("Document", id)
    if action != READ:
        access.check(action, documents.scope(document))
    return document


def seen(id: UUID) -> Document:
    """Return a document that the caller may see, be it in the trash."""
    return documents.get(id, visible=access.filter(READ))


def ensure_exists(id: UUID, action: str) -> None:
    """Refuse before gigabytes are sent, in a short look of its own."""
    with reading():
        get(id, action)


def create(received: Received, values: Mapping[str, Any]) -> Document:
    """Store a new document with its first version."""
    enter_folder(values.get("folder_id"), CREATE)
    moment, tags = now(), unique(values.get("tags", ()))
    _keep(received.incoming, received.sha256)
    document = documents.create(
        id=uuid7(),
        title=values.get("title") or received.filename,
        folder_id=values.get("folder_id"),
        tags=tags,
        properties=values.get("metadata", {}),
        created_at=moment,
        updated_at=moment,
        created_by=actor().id,
        **_content(received),
    )
    documents.set_tags(document.id, tags, new=True)
    _add_version(document, received, moment)
    text = _store_text(document, received, new=True)
    hooks.join("document_saved", document=info(document), text=text)
    hooks.tell("document_created", document_id=document.id)
    return document


def _content(received: Received) -> dict[str, Any]:
    return {
        "filename": received.filename,
        "mime_type": received.mime_type,
        "size": received.size,
        "sha256": received.sha256,
        "text_status": received.found.status if received.found else PENDING,
        "text_problem": received.found.problem if received.found else None,
    }


def _store_text(document: Document, received: Received, *, new: bool = False) -> str:
    """Keep the text that could be read at once; "" where a job is to read it."""
    text = received.found.text if received.found else ""
    if text:
        documents.store_text(document.id, document.version, text, new=new)
    return text


def _add_version(document: Document, received: Received, moment: datetime) -> Version:
    return versions.create(
        document_id=document.id,
        number=document.version,
        filename=received.filename,
        mime_type=received.mime_type,
        size=received.size,
        sha256=received.sha256,
        created_at=moment,
        created_by=actor().id,
    )


def _keep(incoming: Incoming, sha256: str) -> None:
    """Give the content its place, whatever becomes of the transaction."""
    slug = tenant().slug
    after_commit(incoming.done)
    after_rollback(lambda: _give_up(incoming, slug, sha256))
    incoming.keep()


def _give_up(incoming: Incoming, slug: str, sha256: str) -> None:
    incoming.abandon()
    discard(slug, sha256)


def discard(slug: str, sha256: str) -> bool:
    """Delete a content that no version refers to."""

    def needed() -> bool:
        with reading():
            return versions.refers_to(sha256)

    return blobs().discard(slug, sha256, needed)


def unique(tags: Sequence[str]) -> list[str]:
    """Return the tags without repetition, in their order."""
    return list(dict.fromkeys(tags))


def add_version(document: Document, received: Received) -> Version:
    """Make a content the document's current version."""
    hooks.ask(
        "document_write_refused", document=info(document), operation="add_version"
    )
    moment = now()
    _keep(received.incoming, received.sha256)
    document = documents.update(
        document,
        version=document.version + 1,
        updated_at=moment,
        **_content(received),
    )
    version = _add_version(document, received, moment)
    text = _store_text(document, received)
    hooks.join("document_saved", document=info(document), text=text)
    return version


def change(document: Document, values: dict[str, Any]) -> Document:
    """Change what users say about a document."""
    hooks.ask("document_write_refused", document=info(document), operation="update")
    if values.get("folder_id", document.folder_id) != document.folder_id:
        enter_folder(values["folder_id"], CREATE)
    if "tags" in values:
        values["tags"] = unique(values["tags"] or ())
    if "metadata" in values:
        values["properties"] = values.pop("metadata") or {}
    if "title" in values:
        values["title"] = values["title"] or document.filename
    document = documents.update(document, updated_at=now(), **values)
    if "tags" in values:  # after the row: whoever lost the race has stopped there
        documents.set_tags(document.id, values["tags"])
    hooks.join("document_saved", document=info(document), text=None)
    return document


def move(document_id: UUID, folder_id: UUID | None) -> None:
    """Put a document into another folder; None is none."""
    change(get(document_id, UPDATE), {"folder_id": folder_id})


def set_metadata(document_id: UUID, metadata: Mapping[str, Any]) -> None:
    """Set some of a document's metadata, and keep the rest."""
    document = get(document_id, UPDATE)
    change(document, {"metadata": {**document.properties, **metadata}})


def trash(document: Document) -> None:
    """Move a document into the trash."""
    hooks.ask("document_write_refused", document=info(document), operation="trash")
    document = documents.update(document, status=TRASHED, trashed_at=now())
    hooks.join("document_trashed", document=info(document))


def restore(id: UUID) -> Document:
    """Take a document out of the trash."""
    document = seen(id)
    access.check(DELETE, documents.scope(document))
    if document.status != TRASHED:
        raise RefusedError("The document is not in the trash.")
    hooks.ask("document_write_refused", document=info(document), operation="restore")
    document = documents.update(
        document, status=ACTIVE, trashed_at=None, updated_at=now()
    )
    hooks.join("document_restored", document=info(document))
    text = documents.text_of(document)
    hooks.join("document_text_saved", document=info(document), text=text)
    return document


def leave_folder(folder_id: UUID) -> bool:
    """Return whether live documents lie in a folder; trashed ones leave it."""
    if documents.any_in_folder(folder_id):
        return True
    documents.forget_folder(folder_id)
    return False


def begin_reading(id: UUID, version: int) -> Document | None:
    """Return the document if that version's text is still wanted, and mark it."""
    with transaction():
        wanted = documents.set_text_status(id, version, RUNNING, None)
        return documents.get(id, visible=EVERYTHING) if wanted else None


def end_reading(
    id: UUID, version: int, status: str, text: str, why: str | None
) -> None:
    """Store what was read, unless a newer version came meanwhile."""
    if not documents.set_text_status(id, version, status, why[:500] if why else None):
        return
    documents.store_text(id, version, text if status == DONE else "")
    document = documents.get(id, visible=EVERYTHING)
    if document.status == ACTIVE and text:
        hooks.join("document_text_saved", document=info(document), text=text)


def note_failure(id: UUID, version: int, why: str) -> None:
    """Let users see that the text could not be read; another attempt may come."""
    with transaction():
        documents.set_text_status(id, version, FAILED, why[:500])


def changed_since(
    since: datetime | None, after: UUID | None, limit: int
) -> list[tuple[DocumentInfo, str]]:
    """Return live documents with their text, for a plugin that catches up."""
    found = documents.in_order(since, after, limit)
    texts = documents.texts_of([document.id for document in found])
    return [(info(d), texts.get((d.id, d.version), "")) for d in found]


def purge_trash(limit: int = 1000) -> set[str]:
    """Delete what has been in the trash long enough; return the contents it had."""
    days = setting("core_documents", "trash_days")
    ids = documents.trashed_before(now() - timedelta(days=days), limit)
    if not ids:
        return set()
    hashes = versions.hashes_of(ids)
    versions.remove_of(ids)
    documents.bulk_delete(ids)
    access.remove(ids)
    return hashes


def why_owner_stays(user_id: UUID) -> str | None:
    """Return why a user cannot be deleted, or None where no document is theirs."""
    if not (count := documents.count_of(user_id)):
        return None
    owned = "a document" if count == 1 else f"{count:,} documents"
    return f"The user owns {owned}: disable the user instead of deleting."
