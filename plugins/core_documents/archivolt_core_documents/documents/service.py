"""Every database access of the documents domain, and nothing else."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select

from archivolt_core_documents.documents.models import (
    ACTIVE,
    TRASHED,
    Document,
    DocumentTag,
    DocumentText,
)
from archivolt_host.kit.db import Prepared
from archivolt_host.kit.service import Service, Visible

TAG: Table = DocumentTag.__table__  # type: ignore[assignment]
TEXT: Table = DocumentText.__table__  # type: ignore[assignment]
ADD_TEXT = Prepared(TEXT.insert())


class DocumentService(Service[Document]):
    """Documents of the current tenant."""

    model = Document
    kind = "Document"
    sorts = ("created_at", "updated_at", "title", "filename", "size", "trashed_at")
    scope_columns = ("id", "folder_id")
    sql_verbs = (
        "by_ids",
        "any_in_folder",
        "count_of",
        "set_tags",
        "set_text_status",
        "store_text",
        "text_of",
        "texts_of",
        "in_order",
        "trashed_before",
        "forget_folder",
    )

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        if name == "tag":
            tagged = select(TAG.c.document_id).where(TAG.c.tag == value)
            return self._c["id"].in_(tagged)
        return super()._condition(name, value)

    def by_ids(self, ids: Sequence[UUID], *, visible: Visible) -> Sequence[Document]:
        """Return those of the documents that exist, and are seen."""
        query = self._sql.select.where(self._c["id"].in_(ids))
        condition = self._seen(visible)
        return self._rows(query if condition is None else query.where(condition))

    def any_in_folder(self, folder_id: UUID) -> bool:
        """Return whether a live document lies in a folder."""
        query = select(self._c["id"]).where(
            self._c["folder_id"] == folder_id, self._c["status"] == ACTIVE
        )
        return self.connection.scalar(query.limit(1)) is not None

    def count_of(self, user_id: UUID) -> int:
        """Return how many documents somebody made, those in the trash included."""
        return self._count({"created_by": user_id})

    def set_tags(self, id: UUID, tags: Iterable[str], *, new: bool = False) -> None:
        """Make these the tags by which a document is found."""
        if not new:
            self.connection.execute(TAG.delete().where(TAG.c.document_id == id))
        if rows := [{"document_id": id, "tag": tag} for tag in tags]:
            self.connection.execute(TAG.insert(), rows)

    def set_text_status(
        self, id: UUID, version: int, status: str, problem: str | None
    ) -> bool:
        """Note how far a version's text is, and return whether it still counts.

        It is no change by a user, so the ETag stays. The row is locked from here on:
        a newer version comes either before or after all that is written about this.
        """
        of_this = self._c["id"] == id, self._c["version"] == version
        values = {"text_status": status, "text_problem": problem}
        return self._update_where(*of_this, **values) == 1

    def store_text(
        self, id: UUID, version: int, text: str, *, new: bool = False
    ) -> None:
        """Keep the text of a document's current version."""
        if not new:
            self.connection.execute(TEXT.delete().where(TEXT.c.document_id == id))
        ADD_TEXT.run(
            self.connection, {"document_id": id, "version": version, "text": text}
        )

    def text_of(self, document: Document) -> str:
        """Return the text of a document's current version, "" where there is none."""
        query = select(TEXT.c.text).where(
            TEXT.c.document_id == document.id, TEXT.c.version == document.version
        )
        return self.connection.scalar(query) or ""

    def texts_of(self, ids: Sequence[UUID]) -> dict[tuple[UUID, int], str]:
        """Return texts by document and version."""
        columns = TEXT.c.document_id, TEXT.c.version, TEXT.c.text
        query = select(*columns).where(TEXT.c.document_id.in_(ids))
        return {(id, n): text for id, n, text in self.connection.execute(query)}

    def in_order(
        self, since: datetime | None, after: UUID | None, limit: int
    ) -> Sequence[Document]:
        """Return live documents by id, for whoever reads them all."""
        query = self._sql.select.where(self._c["status"] == ACTIVE)
        if since is not None:
            query = query.where(self._c["updated_at"] >= since)
        if after is not None:
            query = query.where(self._c["id"] > after)
        return self._rows(query.order_by(self._c["id"]).limit(limit))

    def trashed_before(self, moment: datetime, limit: int) -> Sequence[UUID]:
        """Return documents that have been in the trash since before a moment."""
        query = select(self._c["id"]).where(
            self._c["status"] == TRASHED, self._c["trashed_at"] < moment
        )
        return self.connection.scalars(query.limit(limit)).all()

    def forget_folder(self, folder_id: UUID) -> None:
        """Let documents in the trash lie in no folder, when theirs is deleted."""
        self._update_where(
            self._c["folder_id"] == folder_id,
            self._c["status"] == TRASHED,
            folder_id=None,
        )


documents = DocumentService()
