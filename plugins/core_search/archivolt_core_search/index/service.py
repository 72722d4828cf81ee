"""Every write to the index, and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    TableClause,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from archivolt_core_search.index.models import (
    FIELDS,
    LONG,
    PARTS,
    SHORT,
    Document,
    Part,
    Tag,
    part_row,
)
from archivolt_core_search.words.folding import fold
from archivolt_core_search.words.vectors import vector
from archivolt_host.kit.db import Prepared
from archivolt_host.kit.service import Service

Fields = Mapping[str, str]  # text by column
META = FIELDS[:-1]
KEPT = (*META, "mime_type", "folder_id")
# Statements on tables: those on models cost half as much again.
DOCUMENT, PART, TAG = (
    Document.metadata.tables[m.__tablename__] for m in (Document, Part, Tag)
)


class Engine(Protocol):
    """What differs between the databases: where the rows of the index are."""

    def columns(self, fields: Fields) -> dict[str, Any]:
        """Return what stands beside the plain columns of a row."""

    def keeps(self, text: str) -> bool:
        """Return whether the index itself keeps this text as it was written."""

    def add(
        self, connection: Connection, table: TableClause, row: int, fields: Fields
    ) -> None:
        """Add a row to the index, or replace it."""

    def change(self, connection: Connection, saved: Row[Any], fields: Fields) -> None:
        """Give an indexed document another title and so on; its text stays."""

    def erase(self, connection: Connection, key: int, parts: int) -> None:
        """Take a document's rows out of the index."""


class Fts5:
    """SQLite: two FTS5 tables.

    They store what they index, since only so a row can be taken out again whatever the
    next Unicode makes of its letters.
    """

    def columns(self, fields: Fields) -> dict[str, Any]:
        return {}

    def keeps(self, text: str) -> bool:
        return text.isascii()

    def add(
        self, connection: Connection, table: TableClause, row: int, fields: Fields
    ) -> None:
        values = {name: self._indexed(fields.get(name, "")) for name in FIELDS}
        ADD[table.name].run(connection, {"rowid": row, **values})

    def change(self, connection: Connection, saved: Row[Any], fields: Fields) -> None:
        values = {name: self._indexed(text) for name, text in fields.items()}
        long = saved.parts > 1
        row = part_row(saved.key, 0) if long else saved.key
        connection.execute(
            CHANGE[(LONG if long else SHORT).name], {"row": row, **values}
        )

    def erase(self, connection: Connection, key: int, parts: int) -> None:
        if parts > 1:
            first = part_row(key, 0)
            mine = LONG.c.rowid.between(first, first + parts - 1)
            connection.execute(delete(LONG).where(mine))
        else:
            connection.execute(delete(SHORT).where(SHORT.c.rowid == key))

    def _indexed(self, text: str) -> str:
        """Fold a text, unless the tokenizer finds the same words by itself."""
        return text if self.keeps(text) else fold(text)


class Vectors:
    """PostgreSQL: the rows of the index are columns of our tables."""

    def columns(self, fields: Fields) -> dict[str, Any]:
        return {"vector": vector({name: fold(text) for name, text in fields.items()})}

    def keeps(self, text: str) -> bool:
        return False

    def add(
        self, connection: Connection, table: TableClause, row: int, fields: Fields
    ) -> None:
        """Do nothing: the vector came with the row."""

    def change(self, connection: Connection, saved: Row[Any], fields: Fields) -> None:
        if saved.parts > 1:
            mine = update(PART).where(PART.c.id == part_row(saved.key, 0))
        else:
            mine = update(DOCUMENT).where(DOCUMENT.c.key == saved.key)
        if saved.parts == 1:
            written = select(PART.c.text).where(PART.c.id == part_row(saved.key, 1))
            fields = {**fields, "body": connection.scalar(written) or ""}
        connection.execute(mine.values(self.columns(fields)))

    def erase(self, connection: Connection, key: int, parts: int) -> None:
        """Do nothing: the vector goes with the row."""


ENGINES: Mapping[str, Engine] = {"sqlite": Fts5(), "postgresql": Vectors()}
ADD = {
    t.name: Prepared(
        insert(t)
        .prefix_with("OR REPLACE")
        .values({name: bindparam(name) for name in ("rowid", *FIELDS)})
    )
    for t in (SHORT, LONG)
}
CHANGE = {
    t.name: update(t)
    .where(t.c.rowid == bindparam("row"))
    .values({name: bindparam(name) for name in META})
    for t in (SHORT, LONG)
}

ADD_PART, ADD_TAG = Prepared(insert(PART)), Prepared(insert(TAG))
DROP_PARTS, DROP_TAGS = (
    Prepared(delete(t).where(t.c.key == bindparam("of"))) for t in (PART, TAG)
)


def _upsert(dialect: Any) -> Any:
    add = dialect.insert(DOCUMENT)
    changed = {name: add.excluded[name] for name in KEPT}
    return add.on_conflict_do_update(
        index_elements=["id"], set_=changed | {"saves": DOCUMENT.c.saves + 1}
    ).returning(DOCUMENT.c.key, DOCUMENT.c.saves, DOCUMENT.c.parts)


UPSERT = {
    "sqlite": Prepared(_upsert(sqlite)),
    "postgresql": Prepared(_upsert(postgresql)),
}


class IndexService(Service[Document]):
    """What can be found in the current tenant."""

    model = Document
    kind = "Document"
    sql_verbs = ("find_id", "put", "put_text", "clear", "after")

    def find_id(self, id: UUID) -> Any:
        """Return the row of a document, or None."""
        return BY_ID.first(self.connection, {"id": id})

    def put(
        self, values: Mapping[str, Any], tags: Sequence[str], text: str = ""
    ) -> bool:
        """Enter a document, or change it; return whether it is new.

        A new one takes two statements and no read; only its text is entered as well.
        """
        fields = {name: values[name] for name in META}
        entered = {**fields, "body": text} if text else fields
        new = {"parts": 1 if text else 0, "saves": 1} | self._engine.columns(entered)
        statement = UPSERT[self._dialect]
        saved = statement.first(self.connection, {**values, **new})
        is_new = bool(saved.saves == 1)
        if is_new:
            self._engine.add(self.connection, SHORT, saved.key, entered)
            self._keep(saved.key, text)
        else:
            self._engine.change(self.connection, saved, fields)
            DROP_TAGS.run(self.connection, {"of": saved.key})
        if tags:
            rows = [{"key": saved.key, "tag": tag} for tag in tags]
            ADD_TAG.run_many(self.connection, rows)
        return is_new

    def put_text(self, saved: Row[Any], pieces: Sequence[str]) -> None:
        """Replace a document's text: a short one in its row, a long one in parts."""
        fields = {name: getattr(saved, name) for name in META}
        if saved.parts > 1 or len(pieces) > 1:
            self._engine.erase(self.connection, saved.key, saved.parts)
        if saved.parts:
            DROP_PARTS.run(self.connection, {"of": saved.key})
        if len(pieces) > 1:
            self._put_long(saved, ["", *pieces][:PARTS], fields)
        else:
            self._put_short(saved, "".join(pieces), fields)

    def clear(self, ids: Sequence[UUID]) -> None:
        """Take documents out of the index."""
        mine = select(DOCUMENT.c.key, DOCUMENT.c.parts).where(DOCUMENT.c.id.in_(ids))
        for key, parts in self.connection.execute(mine).all():
            self._engine.erase(self.connection, key, parts)
        self.connection.execute(delete(DOCUMENT).where(DOCUMENT.c.id.in_(ids)))

    def after(self, id: UUID | None, limit: int) -> Sequence[UUID]:
        """Return the ids of documents in the index, in order."""
        ids = select(Document.id).order_by(Document.id).limit(limit)
        if id is not None:
            ids = ids.where(Document.id > id)
        return self.connection.scalars(ids).all()

    def _put_short(self, saved: Row[Any], text: str, fields: Fields) -> None:
        fields = {**fields, "body": text}
        self._set(saved, parts=1 if text else 0, **self._engine.columns(fields))
        self._engine.add(self.connection, SHORT, saved.key, fields)
        self._keep(saved.key, text)

    def _keep(self, key: int, text: str) -> None:
        """Keep a short text as it was written, unless the index does."""
        if text and not self._engine.keeps(text):
            row = {"id": part_row(key, 1), "key": key, "text": text}
            ADD_PART.run(self.connection, row)

    def _put_long(self, saved: Row[Any], pieces: Sequence[str], fields: Fields) -> None:
        self._set(saved, parts=len(pieces), vector=None)
        for number, piece in enumerate(pieces):
            body = {"body": piece} if number else fields
            row = part_row(saved.key, number)
            text = None if self._engine.keeps(piece) else piece
            values = {"id": row, "key": saved.key, "text": text}
            values |= self._engine.columns(body)
            ADD_PART.run(self.connection, values)
            self._engine.add(self.connection, LONG, row, body)

    def _set(self, saved: Row[Any], **values: Any) -> None:
        mine = update(DOCUMENT).where(DOCUMENT.c.key == saved.key)
        self.connection.execute(mine.values(values))

    @property
    def _dialect(self) -> str:
        return self.connection.dialect.name

    @property
    def _engine(self) -> Engine:
        return ENGINES[self._dialect]


BY_ID = Prepared(
    select(*(DOCUMENT.c[name] for name in ("key", "parts", *META))).where(
        DOCUMENT.c.id == bindparam("id")
    )
)
index = IndexService()
