"""Every write to the index, and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, TableClause, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from archivolt_core_search.index.models import (
    FIELDS,
    LONG,
    PARTS,
    SHORT,
    Document,
    Part,
    Tag,
    first_row,
)
from archivolt_core_search.words.folding import fold
from archivolt_core_search.words.vectors import vector
from archivolt_host.kit.service import Service

Fields = Mapping[str, str]  # folded text by column
META = FIELDS[:-1]
KEPT = ("title", "filename", "tags", "properties", "mime_type", "folder_id")


class Engine(Protocol):
    """What differs between the databases: where the rows of the index are."""

    def columns(self, fields: Fields) -> dict[str, Any]:
        """Return what stands beside the plain columns of a row."""

    def add(
        self, session: Session, table: TableClause, row: int, fields: Fields
    ) -> None:
        """Add a row to the index, or replace it."""

    def change(self, session: Session, saved: Row[Any], fields: Fields) -> None:
        """Give an indexed document another title and so on; its text stays."""

    def erase(self, session: Session, key: int, parts: int) -> None:
        """Take a document's rows out of the index."""


class Fts5:
    """SQLite. The tables store what they index, so that rows can be taken out again."""

    def columns(self, fields: Fields) -> dict[str, Any]:
        return {}

    def add(
        self, session: Session, table: TableClause, row: int, fields: Fields
    ) -> None:
        values = {"rowid": row} | {name: fields.get(name, "") for name in FIELDS}
        session.execute(ADD[table.name], values)

    def change(self, session: Session, saved: Row[Any], fields: Fields) -> None:
        table, row = (LONG, first_row(saved.key)) if saved.parts else (SHORT, saved.key)
        session.execute(CHANGE[table.name], {"row": row, **fields})

    def erase(self, session: Session, key: int, parts: int) -> None:
        if parts:
            row = first_row(key)
            mine = LONG.c.rowid.between(row, row + parts - 1)
            session.execute(delete(LONG).where(mine))
        else:
            session.execute(delete(SHORT).where(SHORT.c.rowid == key))


class Vectors:
    """PostgreSQL. The rows of the index are columns of our tables."""

    def columns(self, fields: Fields) -> dict[str, Any]:
        return {"vector": vector(fields)}

    def add(
        self, session: Session, table: TableClause, row: int, fields: Fields
    ) -> None:
        """Do nothing: the vector came with the row."""

    def change(self, session: Session, saved: Row[Any], fields: Fields) -> None:
        change: Any = update(Document).where(Document.key == saved.key)
        if saved.parts:
            change = update(Part).where(Part.id == first_row(saved.key))
        whole = {**fields, "body": fold(saved.text)}
        session.execute(change.values(vector=vector(whole)))

    def erase(self, session: Session, key: int, parts: int) -> None:
        """Do nothing: the vector goes with the row."""


ENGINES: Mapping[str, Engine] = {"sqlite": Fts5(), "postgresql": Vectors()}
ADD = {
    t.name: insert(t)
    .prefix_with("OR REPLACE")
    .values({name: bindparam(name) for name in ("rowid", *FIELDS)})
    for t in (SHORT, LONG)
}
CHANGE = {
    t.name: update(t)
    .where(t.c.rowid == bindparam("row"))
    .values({name: bindparam(name) for name in META})
    for t in (SHORT, LONG)
}


def _upsert(dialect: Any) -> Any:
    add = dialect.insert(Document)
    changed = {name: add.excluded[name] for name in KEPT}
    return add.on_conflict_do_update(
        index_elements=[Document.id], set_=changed | {"saves": Document.saves + 1}
    ).returning(Document.key, Document.saves, Document.parts, Document.text)


UPSERT = {"sqlite": _upsert(sqlite), "postgresql": _upsert(postgresql)}


class IndexService(Service[Document]):
    """What can be found in the current tenant."""

    model = Document
    kind = "Document"
    sql_verbs = ("find_id", "put", "put_text", "clear", "after")

    def find_id(self, id: UUID) -> Document | None:
        """Return a document's entry, or None."""
        return self.session.scalar(select(Document).where(Document.id == id))

    def put(self, values: Mapping[str, Any], tags: Sequence[str]) -> None:
        """Add an entry, or change it; a new one takes two statements and no read."""
        fields = {name: fold(values[name]) for name in META}
        new = {"text": "", "parts": 0, "saves": 1} | self._engine.columns(fields)
        saved = self.session.execute(UPSERT[self._dialect], {**values, **new}).one()
        if saved.saves == 1:
            self._engine.add(self.session, SHORT, saved.key, fields)
        else:
            self._engine.change(self.session, saved, fields)
            self.session.execute(delete(Tag).where(Tag.key == saved.key))
        if tags:
            rows = [{"key": saved.key, "tag": tag} for tag in tags]
            self.session.execute(insert(Tag), rows)

    def put_text(self, entry: Document, pieces: Sequence[str]) -> None:
        """Replace an entry's text: a short one in its row, a long one in parts."""
        fields = {name: fold(getattr(entry, name)) for name in META}
        if entry.parts or len(pieces) > 1:
            self._engine.erase(self.session, entry.key, entry.parts)
        if entry.parts:
            self.session.execute(delete(Part).where(Part.key == entry.key))
        if len(pieces) == 1:
            fields["body"] = fold(pieces[0])
            self._set(entry, text=pieces[0], parts=0, **self._engine.columns(fields))
            self._engine.add(self.session, SHORT, entry.key, fields)
            return
        pieces = ["", *pieces][:PARTS]
        self._set(entry, text="", parts=len(pieces), vector=None)
        for number, piece in enumerate(pieces):
            self._add_part(entry.key, number, piece, {} if number else fields)

    def clear(self, ids: Sequence[UUID]) -> None:
        """Take documents out of the index."""
        mine = select(Document.key, Document.parts).where(Document.id.in_(ids))
        for key, parts in self.session.execute(mine).all():
            self._engine.erase(self.session, key, parts)
        self.session.execute(delete(Document).where(Document.id.in_(ids)))

    def after(self, id: UUID | None, limit: int) -> Sequence[UUID]:
        """Return the ids of entries in order."""
        ids = select(Document.id).order_by(Document.id).limit(limit)
        return self.session.scalars(
            ids.where(Document.id > id) if id is not None else ids
        ).all()

    def _add_part(self, key: int, number: int, text: str, fields: Fields) -> None:
        fields = {**fields, "body": fold(text)}
        row = first_row(key) + number
        values = {"id": row, "key": key, "text": text, **self._engine.columns(fields)}
        self.session.execute(insert(Part).values(values))
        self._engine.add(self.session, LONG, row, fields)

    def _set(self, entry: Document, **values: Any) -> None:
        mine = update(Document).where(Document.key == entry.key)
        self.session.execute(mine.values(**values))

    @property
    def _dialect(self) -> str:
        return self.session.get_bind().dialect.name

    @property
    def _engine(self) -> Engine:
        return ENGINES[self._dialect]


index = IndexService()
