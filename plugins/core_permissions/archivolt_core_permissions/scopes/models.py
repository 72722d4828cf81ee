"""The table of the scopes domain."""

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base


class ScopePath(Base):
    """That one container lies in another, however deep; each lies in itself.

    The tenant, in which all of them lie, has no rows; nor has what lies in a container
    and holds nothing, such as a document.
    """

    __tablename__ = "permissions_scope_path"
    unaudited = "an index: follows from where the containers lie"
    __table_args__ = (
        Index("ix_permissions_scope_path_scope", "scope_id", "depth"),
        {"sqlite_with_rowid": False},
    )

    ancestor_id: Mapped[UUID] = mapped_column(primary_key=True)
    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    depth: Mapped[int]
