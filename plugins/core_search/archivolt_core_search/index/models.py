"""The tables of the index.

A document with little text is one row of the index; the text of a long one is cut into
parts, each with a row, so that a new title never touches the text. On SQLite the rows
of the index are in two FTS5 tables, on PostgreSQL in the columns named ``vector``.

The row of a document is narrow, as every hit is joined with it: for 10,000 hits FTS5
takes 11 ms, joined with narrow rows 16, with rows that hold the text 20.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    column,
    table,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from archivolt_host.kit.db import Base

FIELDS = ("title", "filename", "tags", "properties", "body")
PARTS = 4096  # rows of the index that a long document may have

KEY = BigInteger().with_variant(Integer(), "sqlite")  # FTS5 rows have integer keys
INDEX = "an index: it follows from the documents"
VECTOR = Text().with_variant(TSVECTOR(), "postgresql")  # always NULL on SQLite

SHORT = table("search_text", column("rowid"), *map(column, FIELDS))
LONG = table("search_part_text", column("rowid"), *map(column, FIELDS))


class Document(Base):
    """A document that can be found.

    ``parts`` is 0 without text, 1 for a short text, and more for a long one.
    """

    __tablename__ = "search_document"
    unaudited = INDEX

    key: Mapped[int] = mapped_column(KEY, Identity(), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(Text)
    filename: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(Text)
    properties: Mapped[str] = mapped_column(Text)
    mime_type: Mapped[str] = mapped_column(String(255))
    folder_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    parts: Mapped[int] = mapped_column(default=0)
    saves: Mapped[int] = mapped_column(default=1)
    vector: Mapped[str | None] = mapped_column(VECTOR, deferred=True)


class Tag(Base):
    """A document's tag, as the filter asks for it."""

    __tablename__ = "search_document_tag"
    unaudited = INDEX

    key: Mapped[int] = mapped_column(
        KEY, ForeignKey("search_document.key", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(Text, primary_key=True)


class Part(Base):
    """A part of a text, as it was written.

    Part 0 is there for long texts alone, and stands for what is not text: title, tags.
    On SQLite a text in ASCII is not kept twice: ``text`` is in the FTS5 table alone.
    """

    __tablename__ = "search_part"
    unaudited = INDEX

    id: Mapped[int] = mapped_column(KEY, primary_key=True, autoincrement=False)
    key: Mapped[int] = mapped_column(
        KEY, ForeignKey("search_document.key", ondelete="CASCADE"), index=True
    )
    text: Mapped[str | None] = mapped_column(Text)
    vector: Mapped[str | None] = mapped_column(VECTOR, deferred=True)


for model in (Document, Part):
    Index(
        f"ix_{model.__tablename__}_vector", model.vector, postgresql_using="gin"
    ).ddl_if(dialect="postgresql")


def part_row(key: int, number: int) -> int:
    """Return the number of a part, and of its row in the index."""
    return key * PARTS + number
