"""The tables of the documents domain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin

ACTIVE, TRASHED = "active", "trashed"
STATUSES = (ACTIVE, TRASHED)
PENDING, RUNNING, DONE = "pending", "running", "done"
EMPTY, UNSUPPORTED, FAILED = "empty", "unsupported", "failed"
TEXT_STATUSES = (PENDING, RUNNING, DONE, EMPTY, UNSUPPORTED, FAILED)
FROM_CONTENT = {"audit": "derived"}


class Document(UuidMixin, TimesMixin, RevisionMixin, Base):
    """A document: what its current version is, and what users say about it."""

    __tablename__ = "documents_document"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint(f"text_status IN {TEXT_STATUSES}", name="text_status"),
        Index("ix_documents_document_newest", "status", "created_at", "id"),
        Index("ix_documents_document_trash", "status", "trashed_at", "id"),
        Index("ix_documents_document_title", "status", "title", "id"),
        Index("ix_documents_document_changed", "status", "updated_at", "id"),
        Index("ix_documents_document_filename", "status", "filename", "id"),
        Index("ix_documents_document_size", "status", "size", "id"),
        Index(
            "ix_documents_document_folder", "folder_id", "status", "created_at", "id"
        ),
        Index("ix_documents_document_mime", "mime_type", "status", "created_at", "id"),
    )

    title: Mapped[str] = mapped_column(String(255))
    filename: Mapped[str] = mapped_column(String(255))
    mime_type: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    text_status: Mapped[str] = mapped_column(
        String(16), default=PENDING, info=FROM_CONTENT
    )
    text_problem: Mapped[str | None] = mapped_column(String(500), info=FROM_CONTENT)
    folder_id: Mapped[UUID | None] = mapped_column(ForeignKey("documents_folder.id"))
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    # "metadata" is taken by SQLAlchemy
    properties: Mapped[dict[str, Any]] = mapped_column("metadata", JSON, default=dict)
    created_by: Mapped[UUID | None]
    trashed_at: Mapped[datetime | None]


class DocumentTag(Base):
    """A document's tag, to find it by."""

    __tablename__ = "documents_tag"
    unaudited = "an index: the document's own row holds its tags"

    tag: Mapped[str] = mapped_column(String(100), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(
        ForeignKey("documents_document.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    )


class DocumentText(Base):
    """The text that was found in a document's current version."""

    __tablename__ = "documents_text"
    unaudited = "follows from the content, and the journal holds no texts"

    document_id: Mapped[UUID] = mapped_column(
        ForeignKey("documents_document.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
