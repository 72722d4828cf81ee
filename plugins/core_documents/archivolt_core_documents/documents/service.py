"""Every database access of the documents domain, and nothing else."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, select, update

from archivolt_core_documents.documents.models import (
    ACTIVE,
    TRASHED,
    Document,
    DocumentTag,
    DocumentText,
)
from archivolt_host.kit.service import Service


class DocumentService(Service[Document]):
    """Documents of the current tenant."""

    model = Document
    kind = "Document"
    sorts = ("created_at", "updated_at", "title", "filename", "size", "trashed_at")
    sql_verbs = (
        "by_ids",
        "any_in_folder",
        "set_tags",
        "set_text_status",
        "store_text",
        "text_of",
        "in_order",
        "trashed_before",
        "forget_folder",
    )

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "tag":
            tagged = select(DocumentTag.document_id).where(DocumentTag.tag == value)
            return Document.id.in_(tagged)
        return super()._condition(name, value)

    def by_ids(self, ids: Sequence[UUID]) -> Sequence[Document]:
        """Return those of the documents that exist."""
        return self.session.scalars(select(Document).where(Document.id.in_(ids))).all()

    def any_in_folder(self, folder_id: UUID) -> bool:
        """Return whether a live document lies in a folder."""
        query = select(Document.id).where(
            Document.folder_id == folder_id, Document.status == ACTIVE
        )
        return self.session.scalar(query.limit(1)) is not None

    def set_tags(self, id: UUID, tags: Iterable[str], *, new: bool = False) -> None:
        """Make these the tags by which a document is found."""
        if not new:
            self.session.execute(
                delete(DocumentTag).where(DocumentTag.document_id == id)
            )
        if rows := [{"document_id": id, "tag": tag} for tag in tags]:
            self.session.execute(insert(DocumentTag), rows)

    def set_text_status(self, id: UUID, status: str, problem: str | None) -> None:
        """Note how far the text is; no change by a user, so the ETag stays."""
        self.session.execute(
            update(Document)
            .where(Document.id == id)
            .values(text_status=status, text_problem=problem)
        )

    def store_text(self, id: UUID, version: int, text: str) -> None:
        """Keep the text of a document's current version."""
        self.session.execute(delete(DocumentText).where(DocumentText.document_id == id))
        self.session.execute(
            insert(DocumentText), {"document_id": id, "version": version, "text": text}
        )

    def text_of(self, id: UUID) -> str:
        """Return the text of a document's current version, "" where there is none."""
        query = select(DocumentText.text).where(DocumentText.document_id == id)
        return self.session.scalar(query) or ""

    def in_order(
        self, since: datetime | None, after: UUID | None, limit: int
    ) -> Sequence[Document]:
        """Return live documents by id, for whoever reads them all."""
        query = select(Document).where(Document.status == ACTIVE)
        if since is not None:
            query = query.where(Document.updated_at >= since)
        if after is not None:
            query = query.where(Document.id > after)
        return self.session.scalars(query.order_by(Document.id).limit(limit)).all()

    def trashed_before(self, moment: datetime, limit: int) -> Sequence[UUID]:
        """Return documents that have been in the trash since before a moment."""
        query = select(Document.id).where(
            Document.status == TRASHED, Document.trashed_at < moment
        )
        return self.session.scalars(query.limit(limit)).all()

    def forget_folder(self, folder_id: UUID) -> None:
        """Let documents in the trash lie in no folder, when theirs is deleted."""
        self.session.execute(
            update(Document)
            .where(Document.folder_id == folder_id, Document.status == TRASHED)
            .values(folder_id=None)
        )


documents = DocumentService()
