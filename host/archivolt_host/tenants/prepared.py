"""Statements made once, and handed to SQLite's driver as they are.

Whatever a statement does, the engine takes longer to hand it on than SQLite to run it,
and an upload runs eight. PostgreSQL's go through the engine, which knows what to do
about a connection that has died.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


class Prepared:
    """A statement with named parameters, the same ones each time.

    It is compiled at its first use. Rows come back as named tuples.
    """

    def __init__(self, statement: Any, record: Any = None) -> None:
        self.statement = statement
        self._record = record or _record(statement)
        self._compiled: Compiled | None = None

    def run(self, connection: Connection, values: Values) -> int:
        """Run it; return how many rows it has changed or deleted."""
        if connection.dialect.name == "sqlite":
            return int(self._for(connection, values).run(connection, values).rowcount)
        return int(connection.execute(self.statement, values).rowcount)

    def run_many(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it once for each of some rows; there is at least one."""
        if connection.dialect.name == "sqlite":
            self._for(connection, rows[0]).run_many(connection, rows)
        else:
            connection.execute(self.statement, rows)

    def all(self, connection: Connection, values: Values) -> list[Any]:
        """Return the rows that it finds."""
        if connection.dialect.name == "sqlite":
            compiled = self._for(connection, values)
            found: Iterable[Any] = compiled.typed(compiled.run(connection, values))
        else:
            found = connection.execute(self.statement, values)
        return [self._record._make(row) for row in found]

    def first(self, connection: Connection, values: Values) -> Any:
        """Return the first row that it finds, or None."""
        found = self.all(connection, values)
        return found[0] if found else None

    def _for(self, connection: Connection, values: Values) -> "Compiled":
        if self._compiled is None:
            self._compiled = Compiled(self.statement, connection.dialect, values)
        return self._compiled


class Compiled:
    """A statement as SQLite's driver takes it."""

    def __init__(self, statement: Any, dialect: Dialect, values: Values) -> None:
        found = statement.compile(dialect=dialect, column_keys=list(values))
        if found.post_compile_params or found.insert_prefetch or found.update_prefetch:
            raise TypeError(f"Not the same each time, so not to be prepared: {found}")
        self.text = str(found)
        #: What listeners of the engine look for.
        self.execution_options = statement.get_execution_options()
        self._given = len(values)
        self._binds = [
            _bind(found.binds[n], dialect, values) for n in found.positiontup
        ]
        self._readers = [
            (number, read)
            for number, column in enumerate(statement.exported_columns)
            if (read := _of(column.type, dialect).result_processor(dialect, None))
        ]

    def run(self, connection: Connection, values: Values) -> sqlite3.Cursor:
        """Run it with these values."""
        parameters = self._parameters(values)
        self._tell(connection, parameters, many=False)
        try:
            return _driver(connection).execute(self.text, parameters)
        except sqlite3.Error as error:
            raise self._wrapped(error, parameters, connection) from error

    def run_many(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it with the values of each row."""
        parameters = [self._parameters(values) for values in rows]
        self._tell(connection, parameters, many=True)
        try:
            _driver(connection).executemany(self.text, parameters)
        except sqlite3.Error as error:
            raise self._wrapped(error, parameters, connection) from error

    def typed(self, cursor: sqlite3.Cursor) -> Iterable[Sequence[Any]]:
        """Return all rows, their values as the columns' types have them."""
        rows = cursor.fetchall()
        if not self._readers:
            return rows
        return [self._read(list(row)) for row in rows]

    def _read(self, row: list[Any]) -> list[Any]:
        for number, read in self._readers:
            row[number] = read(row[number])
        return row

    def _parameters(self, values: Values) -> tuple[Any, ...]:
        if len(values) != self._given:
            raise TypeError(f"It takes {self._given} values, not {len(values)}.")
        return tuple(
            [
                constant
                if name is None
                else values[name]
                if write is None
                else write(values[name])
                for name, write, constant in self._binds
            ]
        )

    def _tell(self, connection: Connection, parameters: Any, *, many: bool) -> None:
        """Let those look who look at every statement: they may refuse it."""
        for look in connection.dispatch.before_cursor_execute:
            look(connection, None, self.text, parameters, self, many)

    def _wrapped(
        self, error: sqlite3.Error, parameters: Any, connection: Connection
    ) -> BaseException:
        return DBAPIError.instance(
            self.text, parameters, error, sqlite3.Error, dialect=connection.dialect
        )


def _driver(connection: Connection) -> sqlite3.Connection:
    found: Any = connection.connection.dbapi_connection
    return found  # type: ignore[no-any-return]


def _bind(bind: Any, dialect: Dialect, values: Values) -> tuple[Any, Any, Any]:
    """Return the name of a parameter and what writes it, or else its fixed value."""
    write = _of(bind.type, dialect).bind_processor(dialect)
    if bind.key in values:
        return bind.key, write, None
    if bind.required:
        raise TypeError(f"It needs a value for {bind.key}.")
    fixed = bind.effective_value
    return None, None, write(fixed) if write else fixed


def _of(type: Any, dialect: Dialect) -> Any:
    return type.dialect_impl(dialect)


def _record(statement: Any) -> Any:
    names = list(statement.exported_columns.keys())
    return namedtuple("Row", names) if names else tuple
