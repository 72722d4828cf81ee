"""The table of the versions domain."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base, UuidMixin, now


class Version(UuidMixin, Base):
    """One content of a document, never changed."""

    __tablename__ = "documents_version"
    __table_args__ = (
        Index("uq_documents_version_number", "document_id", "number", unique=True),
    )

    document_id: Mapped[UUID] = mapped_column(
        ForeignKey("documents_document.id", ondelete="CASCADE")
    )
    number: Mapped[int]
    filename: Mapped[str] = mapped_column(String(255))
    mime_type: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[UUID | None]
