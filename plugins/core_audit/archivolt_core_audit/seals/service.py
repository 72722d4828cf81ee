"""Every database access of the seals domain, and nothing else.

An entry's payload is all of its columns as text, put together by the database: that
costs a fraction of doing it here, and is the same on SQLite and PostgreSQL. Between
columns stands a character that none of them holds, and another one for NULL.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from archivolt_core_audit.journal.models import Entry
from archivolt_core_audit.seals.models import Link, Seal
from archivolt_host.kit.service import Service

CHUNK = 1000  # of rows at a time: more do not stay in the cache of the processor
COLUMNS: tuple[str, ...] = ("id", "at", "actor", "actor_name", "on_behalf_of")
COLUMNS += ("action", "kind", "object", "before", "after")
COLUMNS += ("address", "user_agent", "request_id")
UUIDS = ("id", "actor", "on_behalf_of")

Bytes = Iterator[Sequence[tuple[Any, ...]]]


def _on_postgresql(column: str) -> str:
    if column in UUIDS:
        return f"replace(CAST(e.{column} AS text), '-', '')"
    if column == "at":
        return "to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    return f"e.{column}"


def _payload(expressions: Sequence[str], char: str) -> str:
    known = [f"coalesce({one}, {char}(30))" for one in expressions]
    return f" || {char}(31) || ".join(known)


SQLITE = f"CAST({_payload([f'e.{c}' for c in COLUMNS], 'char')} AS BLOB)"
POSTGRESQL = _payload([_on_postgresql(c) for c in COLUMNS], "chr")
PAYLOAD = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
ENTRY_ID = {
    "sqlite": "CAST(l.id AS BLOB)",
    "postgresql": "replace(CAST(l.id AS text), '-', '')",
}
ENTRIES = "SELECT {payload} FROM audit_entry e"
LINKS = "SELECT l.seq, {id}, l.digest, l.hash FROM audit_link l ORDER BY {order}"
# As they were written: an index would cost a look-up for each.
ORDER = {"sqlite": "l.rowid", "postgresql": "l.seq"}
LINK: Any = Link.__table__
ENTRY: Any = Entry.__table__


class LinkService(Service[Link]):
    """The chain of the current tenant's journal."""

    model = Link
    kind = "Link"
    sorts = ("seq",)
    sql_verbs = ("lock", "last", "unsealed", "walk", "payloads", "payload", "older")

    def lock(self) -> None:
        """Let one sealer go on at a time; on SQLite every writer is alone."""
        if self.connection.dialect.name == "postgresql":
            name = func.hashtext(func.current_schema() + ".audit_link")
            self.connection.execute(select(func.pg_advisory_xact_lock(name)))

    def last(self) -> Any:
        """Return the end of the chain: its seq, hash and the entry's time, or None."""
        of_entry = select(LINK.c.seq, LINK.c.hash, ENTRY.c.at).outerjoin(
            ENTRY, ENTRY.c.id == LINK.c.id
        )
        found = of_entry.order_by(LINK.c.seq.desc()).limit(1)
        return self.connection.execute(found).first()

    def unsealed(self, since: datetime | None, limit: int) -> list[tuple[UUID, bytes]]:
        """Return id and payload of entries that have no link, the oldest first."""
        payload = text(PAYLOAD[self._dialect].replace(":", r"\:"))
        e = ENTRY.alias("e")
        has_link = select(LINK.c.id).where(LINK.c.id == e.c.id).exists()
        query = select(e.c.id, payload).select_from(e).where(~has_link)
        if since is not None:
            query = query.where(e.c.at >= since)
        rows = self.connection.execute(query.order_by(e.c.at, e.c.id).limit(limit))
        return [(id, _bytes(found)) for id, found in rows]

    def walk(self) -> Bytes:
        """Yield the chain in chunks: seq, the entry's id, digest and hash."""
        yield from self._stream("links", self._links())

    def _links(self) -> str:
        return LINKS.format(id=ENTRY_ID[self._dialect], order=ORDER[self._dialect])

    def payloads(self) -> Bytes:
        """Yield the payloads of all entries, about as they were written."""
        yield from self._stream(
            "entries", ENTRIES.format(payload=PAYLOAD[self._dialect])
        )

    def payload(self, id: bytes | str) -> bytes | None:
        """Return the payload of one entry, or None where it is gone."""
        payload = text(PAYLOAD[self._dialect].replace(":", r"\:"))
        e = ENTRY.alias("e")
        query = select(payload).select_from(e).where(e.c.id == _uuid(id))
        found = self.connection.scalar(query)
        return None if found is None else _bytes(found)

    def older(self, ids: Sequence[bytes | str], moment: datetime) -> list[UUID]:
        """Return those of the entries that are older than a moment."""
        found: list[UUID] = []
        for first in range(0, len(ids), CHUNK):
            some = [_uuid(id) for id in ids[first : first + CHUNK]]
            older = select(ENTRY.c.id).where(ENTRY.c.id.in_(some), ENTRY.c.at < moment)
            found += self.connection.scalars(older.order_by(ENTRY.c.at))
        return found

    def _stream(self, name: str, statement: str) -> Bytes:
        """Run a query without a detour: rows as the driver has them, chunk by chunk.

        On PostgreSQL the cursor stays in the server, which sends a chunk at a time.
        """
        raw: Any = self.connection.connection.driver_connection
        on_server = self._dialect == "postgresql"
        with closing(raw.cursor(name) if on_server else raw.cursor()) as cursor:
            cursor.execute(statement)
            while rows := cursor.fetchmany(CHUNK):
                yield rows

    @property
    def _dialect(self) -> str:
        return self.connection.dialect.name


class SealService(Service[Seal]):
    """The seals of the current tenant's journal."""

    model = Seal
    kind = "Seal"
    sorts = ("number",)
    sql_verbs = ("last", "after", "line_of")

    def last(self) -> Seal | None:
        """Return the newest seal, or None."""
        return self._first(self._sql.select.order_by(self._c["number"].desc()).limit(1))

    def line_of(self, number: int) -> str | None:
        """Return the line of a seal as it was given away, or None."""
        line = select(self._c["line"]).where(self._c["number"] == number)
        return self.connection.scalar(line)

    def after(self, number: int) -> list[Seal]:
        """Return the seals that came after one, in order."""
        newer = self._sql.select.where(self._c["number"] > number)
        return self._rows(newer.order_by(self._c["number"]))


def _uuid(id: bytes | str) -> UUID:
    return UUID(id.decode() if isinstance(id, bytes) else id)


def _bytes(payload: Any) -> bytes:
    return payload.encode() if isinstance(payload, str) else bytes(payload)


links, seals = LinkService(), SealService()
