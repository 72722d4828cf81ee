"""Where the floor keeps its rows and files: SQLite per tenant, blobs by SHA-256."""

import hashlib
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    create_engine,
    event,
)

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # as Archivolt: a commit is on the disk when it is answered
    "foreign_keys=ON",
    "busy_timeout=10000",
    "cache_size=-4000",
    "mmap_size=268435456",
    "temp_store=MEMORY",
)

meta = MetaData()


def described_file() -> list[Column[Any]]:
    """Return the columns that documents and versions share."""
    return [
        Column("filename", String(255), nullable=False),
        Column("mime_type", String(255), nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("created_by", Uuid),
    ]


documents = Table(
    "documents",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("title", String(255), nullable=False),
    *described_file(),
    Column("version", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("text_status", String(16), nullable=False),
    Column("text_problem", String(500)),
    Column("folder_id", Uuid),
    Column("tags", JSON, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False, default=1),
    Column("trashed_at", DateTime(timezone=True)),
    Index("documents_newest", "status", "created_at", "id"),
)
versions = Table(
    "versions",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("document_id", ForeignKey("documents.id"), nullable=False),
    Column("number", Integer, nullable=False),
    *described_file(),
    Index("versions_number", "document_id", "number", unique=True),
    Index("versions_sha256", "sha256"),
)


@dataclass
class Blob:
    """A content on the disk, not yet at its place."""

    incoming: Path
    place: Path
    sha256: str

    def keep(self) -> None:
        """Give it its place, durably."""
        self.place.parent.mkdir(exist_ok=True)
        with suppress(FileExistsError):
            os.link(self.incoming, self.place)
        folder = os.open(self.place.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def done(self) -> None:
        """Remove its first name."""
        self.incoming.unlink()


class Storage:
    """The databases and blobs of all tenants, below one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._engines: dict[str, tuple[Engine, Engine]] = {}
        self._mutex = threading.Lock()

    @contextmanager
    def reading(self, tenant: str) -> Iterator[Connection]:
        """Read; one statement needs no transaction of its own."""
        with self._engines_of(tenant)[0].connect() as connection:
            yield connection

    @contextmanager
    def writing(self, tenant: str) -> Iterator[Connection]:
        """Write in one transaction that takes the write lock at once."""
        with self._engines_of(tenant)[1].begin() as connection:
            yield connection

    def store(self, tenant: str, content: bytes) -> Blob:
        """Write a content and make it durable."""
        sha256 = hashlib.sha256(content).hexdigest()
        folder = self.home / "blobs" / tenant
        incoming = folder / "incoming" / secrets.token_hex(16)
        with open(incoming, "xb", buffering=0) as file:
            file.write(content)
            os.fsync(file.fileno())
        return Blob(incoming, folder / sha256[:2] / sha256, sha256)

    def make(self, tenant: str) -> None:
        """Make a tenant's tables and folders."""
        (self.home / "blobs" / tenant / "incoming").mkdir(parents=True)
        with self.writing(tenant) as connection:
            meta.create_all(connection)

    def _engines_of(self, tenant: str) -> tuple[Engine, Engine]:
        """Return one pool of connections twice: to read with, and to write with."""
        with self._mutex:
            if tenant not in self._engines:
                engine = make_engine(self.home / f"{tenant}.db")
                self._engines[tenant] = (
                    engine.execution_options(reads=True),
                    engine,
                )
            return self._engines[tenant]


def make_engine(path: Path) -> Engine:
    """Return the engine of one tenant's file."""
    engine = create_engine(f"sqlite:///{path}", pool_size=8)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun below
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("reads"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def uuid7() -> UUID:
    """Return an id that sorts by time."""
    millis = time.time_ns() // 1_000_000
    rest = secrets.randbits(74)
    high = millis << 16 | 0x7000 | rest >> 62
    return UUID(int=high << 64 | 0x2 << 62 | rest & (1 << 62) - 1)
