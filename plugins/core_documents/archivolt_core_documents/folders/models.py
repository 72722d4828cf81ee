"""The table of the folders domain."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, RevisionMixin, TimesMixin, UuidMixin

# The permissions that folders and what lies in them ask for.
READ, CREATE = "documents.read", "documents.create"
UPDATE, DELETE = "documents.update", "documents.delete"
SHARE, MANAGE = "documents.share", "folders.manage"

TOP = text("parent_id IS NULL")


class Folder(UuidMixin, TimesMixin, RevisionMixin, Base):
    """A folder; no two of one parent have the same name."""

    __tablename__ = "documents_folder"
    __table_args__ = (
        Index("ix_documents_folder_listed", "name", "id"),
        Index("ix_documents_folder_newest", "created_at", "id"),
        Index("uq_documents_folder_name", "parent_id", "name", unique=True),
        # NULLs are never equal, so the top needs an index of its own.
        Index(
            "uq_documents_folder_top_name",
            "name",
            unique=True,
            sqlite_where=TOP,
            postgresql_where=TOP,
        ),
    )

    name: Mapped[str] = mapped_column(String(255))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("documents_folder.id"))
    created_by: Mapped[UUID | None]
