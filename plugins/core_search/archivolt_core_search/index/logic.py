"""Keeps the index in step with the documents. Knows no SQL and no HTTP."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from archivolt_core_search.index.service import index
from archivolt_core_search.words.folding import PIECE, pieces, storable
from archivolt_hookspecs.documents import DocumentInfo
from archivolt_host.kit import db, hooks
from archivolt_host.kit.context import acting_as
from archivolt_host.kit.errors import UnavailableError

BATCH = 200  # documents in one transaction of a resync


def follow(document: DocumentInfo, text: str | None = None) -> None:
    """Enter a document, or what has changed of it; without a text, the old one stays.

    A new one with a short text takes no statement more than one without.
    """
    tags = sorted({storable(tag) for tag in document.tags})
    short = storable(text) if text and len(text) <= PIECE else ""
    is_new = index.put(_values(document), tags, short)
    if text is not None and not (is_new and len(text) <= PIECE):
        follow_text(document, text)


def follow_text(document: DocumentInfo, text: str) -> None:
    """Replace a document's text."""
    text = storable(text)
    entry = index.find_id(document.id)
    if entry is None:
        follow(document)
        entry = index.find_id(document.id)
    if entry is not None and (entry.parts or text):
        index.put_text(entry, list(pieces(text)))


def forget(ids: Sequence[UUID]) -> None:
    """Take documents out: they are in the trash, or gone."""
    index.clear(ids)


def resync(since: datetime | None) -> int:
    """Enter anew what has changed, forget what is gone; return how many changed.

    Each batch is a transaction of its own: writers have their turn in between, and
    searches go on.
    """
    count, last = 0, None
    while batch := _resync_batch(since, last):
        count, last = count + len(batch), batch[-1]
    forget_gone()
    return count


def forget_gone() -> int:
    """Forget documents that are not there any more; return how many were looked at."""
    count, last = 0, None
    while batch := _sweep_batch(last):
        count, last = count + len(batch), batch[-1]
    return count


def _resync_batch(since: datetime | None, last: UUID | None) -> list[UUID]:
    with db.transaction():
        changed: Sequence[tuple[DocumentInfo, str]] | None = hooks.first(
            "documents_changed_since", since=since, after=last, limit=BATCH
        )
        if changed is None:  # taken for the end, it would be the end of the index
            raise UnavailableError("Nobody answers which documents there are.")
        ids = [document.id for document, _ in changed]
        forget(ids)  # whatever has become of the entry: a new one is right
        for document, text in changed:
            follow(document, text)
    return ids


def _sweep_batch(last: UUID | None) -> list[UUID]:
    """Forget, among the next entries, those whose document is not there any more.

    Whoever had this run may not see all that is there; the system does.
    """
    with acting_as(None), db.transaction():
        ids = list(index.after(last, BATCH))
        known = hooks.first("describe_documents", ids=ids) if ids else {}
        if known is not None and (gone := [id for id in ids if id not in known]):
            forget(gone)
    return ids


def _values(document: DocumentInfo) -> dict[str, Any]:
    texts = {
        "title": document.title,
        "filename": document.filename,
        "tags": " ".join(document.tags),
        "properties": " ".join(_leaves(document.metadata))[:PIECE],
        "mime_type": document.mime_type,
    }
    return {
        "id": document.id,
        "folder_id": document.folder_id,
        "created_at": document.created_at,
        **{name: storable(text) for name, text in texts.items()},
    }


def _leaves(value: Any) -> Iterator[str]:
    """Yield the texts and numbers in metadata; names and yes or no find nothing."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
