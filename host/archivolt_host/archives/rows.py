"""The rows of one database, table by table: out of any placement, into any other."""

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    inspect,
    select,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError

from archivolt_host.archives.errors import ArchiveError
from archivolt_host.archives.kinds import KINDS, kind_of, line
from archivolt_host.archives.packing import Packing

BATCH = 500  # rows in memory
VERSIONS = "alembic_version_"


@dataclass(frozen=True)
class Header:
    """The first line of a table: its name, and its columns with their kinds."""

    table: str
    columns: Sequence[tuple[str, str]]


def tables_of(
    connection: Connection,
    known: MetaData,
    derived: Collection[str],
    schema: str | None,
) -> list[Table]:
    """Return the tables whose rows are kept, by name.

    What a plugin builds again by itself is left out; a table that no loaded plugin
    knows is refused, as its rows would be lost.
    """
    names = sorted(inspect(connection).get_table_names(schema=schema))
    kept = [n for n in names if not n.startswith((VERSIONS, *derived))]
    if strange := [name for name in kept if name not in known.tables]:
        raise ArchiveError(
            f"The tables {', '.join(strange)} belong to a plugin that is not loaded: "
            "load it, or purge its data, and try again."
        )
    return [known.tables[name] for name in kept]


def columns_of(connection: Connection, schema: str | None) -> dict[str, set[str]]:
    """Return the columns of each table that rows may be entered into."""
    looked = inspect(connection)
    names = looked.get_table_names(schema=schema)
    own = [name for name in names if not name.startswith(VERSIONS)]
    return {n: {c["name"] for c in looked.get_columns(n, schema=schema)} for n in own}


def dump(connection: Connection, table: Table, out: IO[bytes]) -> int:
    """Write a table's rows, one line each, below a line that names its columns."""
    columns = [(column.name, kind_of(column)) for column in table.columns]
    out.write(line({"table": table.name, "columns": columns}))
    on_postgres = connection.dialect.name == "postgresql"
    raw = [_raw(column, on_postgres) for column in table.columns]
    count = 0
    query = select(*raw).order_by(*table.primary_key.columns)
    for row in connection.execute(query, execution_options={"yield_per": BATCH}):
        out.write(line(list(row)))
        count += 1
    return count


def add_all(
    packing: Packing,
    connection: Connection,
    tables: Sequence[Table],
    progress: Callable[[str], object] = lambda _: None,
) -> int:
    """Add tables to an archive, each by a file without a name: its size comes first."""
    count = 0
    for table in tables:
        progress(table.name)
        with tempfile.TemporaryFile() as spool:
            count += dump(connection, table, spool)
            packing.add_file(f"tables/{table.name}.jsonl", spool)
    return count


def _raw(column: Column[Any], on_postgres: bool) -> Any:
    """Return a column as the database keeps it, whatever code lies around it."""
    kind = kind_of(column)
    if kind == "json" and on_postgres:
        return cast(column, Text).label(column.name)
    return type_coerce(column, KINDS[kind].type).label(column.name)


def read_header(name: str, lines: Iterator[bytes], columns: set[str]) -> Header:
    """Read the first line of a table, which has these columns here."""
    try:
        found = orjson.loads(next(lines, b""))
        header = Header(found["table"], [(str(n), str(k)) for n, k in found["columns"]])
    except (ValueError, TypeError, KeyError) as error:
        raise _unreadable(name, 1) from error
    kinds = {kind for _, kind in header.columns}
    named = [column for column, _ in header.columns]
    if header.table != name or kinds - KINDS.keys():
        raise _unreadable(name, 1)
    if sorted(named) != sorted(columns):
        raise ArchiveError(f"The archive's {name} has other columns than this version.")
    return header


def load(
    connection: Connection,
    header: Header,
    lines: Iterator[bytes],
    renamed: Callable[[UUID], UUID],
) -> int:
    """Enter a table's rows in place of those that migrations put there."""
    table = Table(
        header.table,
        MetaData(),
        *(Column(name, KINDS[kind].type) for name, kind in header.columns),
    )
    if connection.execute(select(*table.columns).limit(1)).first() is not None:
        connection.execute(table.delete())
    statement = _insert(table, header, connection.dialect.name == "postgresql")
    rows, count = _rows(header, lines, renamed), 0
    while batch := list(islice(rows, BATCH)):
        try:
            connection.execute(statement, batch)
        except DBAPIError as error:
            raise ArchiveError(
                f"A row of {header.table} cannot be entered here: {_line(error)}"
            ) from error
        count += len(batch)
    return count


def _insert(table: Table, header: Header, on_postgres: bool) -> Any:
    values = {
        name: cast(bindparam(name, type_=Text()), JSON())
        for name, kind in header.columns
        if kind == "json" and on_postgres
    }
    plain = {
        name: bindparam(name, type_=KINDS[kind].type)
        for name, kind in header.columns
        if name not in values
    }
    return table.insert().values(plain | values)


def _rows(
    header: Header, lines: Iterator[bytes], renamed: Callable[[UUID], UUID]
) -> Iterator[dict[str, Any]]:
    """Read lines as rows, with the values that a database takes."""
    for number, text in enumerate(lines, 2):
        try:
            yield _row(header, orjson.loads(text), renamed)
        except (ValueError, TypeError, AttributeError) as error:
            raise _unreadable(header.table, number) from error


def _row(
    header: Header, values: Any, renamed: Callable[[UUID], UUID]
) -> dict[str, Any]:
    row = {}
    for (name, kind), value in zip(header.columns, values, strict=True):
        read = KINDS[kind].read
        row[name] = read(value) if read and value is not None else value
        if kind == "uuid" and value is not None:
            row[name] = renamed(row[name])
    return row


def _unreadable(table: str, number: int) -> ArchiveError:
    return ArchiveError(f"Line {number} of {table} cannot be read: it is no row.")


def _line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0].rstrip(".") + "."
