"""The verbs that every service shares; only services touch the database.

A domain's service subclasses ``Service``. Its public names are these eight verbs;
further statements that maintain closures and indexes, or claim work, are listed in
``sql_verbs``. Services know no rules and no permissions, and they run in the caller's
transaction. What the verbs write is recorded without a word; named statements that
write take ``_update_where`` and ``_delete_where``, or the database is not reached.

Rows come back as values, not as live objects: nothing changes behind one's back, and a
list of fifty costs what fifty tuples cost. ``update`` returns the new row.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import cycle
from typing import Any, ClassVar, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select
from sqlalchemy.orm import Session

from archivolt_host.errors import InvalidError, NotFoundError, StaleError
from archivolt_host.http.paging import Key, Page, Slice, bad_cursor, seek
from archivolt_host.http.schemas import storable
from archivolt_host.kit.access import Scope, Visible
from archivolt_host.kit.statements import Statements
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import Base
from archivolt_host.tenants.hurry import hurried
from archivolt_host.tenants.prepared import Prepared

__all__ = ["Service", "Visible"]

M = TypeVar("M", bound=Base)
MANY = 5000  # ids in one statement

OPERATORS: Mapping[str, Any] = {
    "eq": lambda column, value: column == value,
    #: Equal, for text, where something else finds the rows: takes no index of its own.
    "also": lambda column, value: column.concat("") == value,
    "ne": lambda column, value: column != value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "in": lambda column, value: column.in_(value),
    "contains": lambda column, value: column.icontains(value, autoescape=True),
    "startswith": lambda column, value: column.istartswith(value, autoescape=True),
    "null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


class Service(Generic[M]):
    """Create, get, filter, update, delete, in one and in bulk."""

    model: ClassVar[type[Any]]
    kind: ClassVar[str]
    sorts: ClassVar[tuple[str, ...]] = ("created_at",)
    sql_verbs: ClassVar[tuple[str, ...]] = ()
    #: The columns with a row's own id and, where there is one, its container's; a
    #: container names itself twice. Rows of such a table are seen by whom a grant lets
    #: see them: who reads them says so.
    scope_columns: ClassVar[tuple[str, ...]] = ()

    _sql: ClassVar[Statements]
    _table: ClassVar[Table]
    _c: ClassVar[Mapping[str, ColumnElement[Any]]]

    def __init_subclass__(cls) -> None:
        """Prepare the statements that every call shares."""
        if hasattr(cls, "model"):
            cls._sql = Statements(cls.model)
            cls._table = cls._sql.table
            cls._c = cls._sql.columns

    @property
    def connection(self) -> Connection:
        """The transaction under way."""
        return sessions.connection()

    @property
    def session(self) -> Session:
        """An ORM session in the transaction under way, where SQL is not enough."""
        return sessions.session()

    def create(self, **values: Any) -> M:
        """Add one row and return it."""
        row = self._sql.complete(values)
        self._sql.insert.run(self.connection, self._sql.named(row))
        self._sql.recorder.came((row,))
        return cast(M, self._sql.record(**row))

    def get(self, id: UUID, *, visible: Visible | None = None) -> M:
        """Return the row; where it is not there, or not seen, raise NotFoundError."""
        self._refuse_forgetting(visible)
        found = self._first(self._sql.get, id=id)
        if found is None or not (visible is None or visible.covers(self.scope(found))):
            raise NotFoundError(self.kind, id)
        return found

    def filter(
        self, page: Page, *, visible: Visible | None = None, **filters: Any
    ) -> Slice:
        """Return a page of the rows that match ``field__op=value`` filters."""
        self._refuse_forgetting(visible)
        query = self._where(self._sql.select, filters)
        keys = self._keys(page.sort)
        count = self._count(filters, self._seen(visible)) if page.count else None
        if (values := page.after()) is not None:
            query = seek(query, keys, self._parsed(keys, values))
        order = [c.desc() if descends else c.asc() for c, descends in keys]
        query = query.order_by(*order).limit(page.limit + 1)
        rows = self._quickest([self._where(query, {}, c) for c in self._ways(visible)])
        shown, more = rows[: page.limit], len(rows) > page.limit
        last = [getattr(shown[-1], name) for name in _names(page.sort)] if more else []
        return Slice(shown, page.cursor_at(_plain(last)) if more else None, count)

    def update(self, row: M, **values: Any) -> M:
        """Set the given columns and return the new row.

        Where the table counts revisions, a row that somebody else changed since it
        was read is refused with StaleError.
        """
        statement, extra = self._sql.update(row, values)
        if statement.run(self.connection, extra) != 1:
            raise StaleError()
        self._sql.recorder.changed((row,), values)
        return cast(M, self._sql.changed(row, values))

    def delete(self, row: M) -> None:
        """Delete the row."""
        if self._sql.delete.run(self.connection, {"id": row.id}):  # type: ignore[attr-defined]
            self._sql.recorder.went((row,))

    def bulk_create(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add many rows in one statement."""
        whole = [self._sql.complete(row) for row in rows]
        if values := [self._sql.named(row) for row in whole]:
            self._sql.insert.run_many(self.connection, values)
            self._sql.recorder.came(whole)

    def bulk_update(self, ids: Sequence[UUID], **values: Any) -> None:
        """Change many rows in one statement."""
        self._update_where(self._c["id"].in_(ids), **values)

    def bulk_delete(self, ids: Sequence[UUID]) -> None:
        """Delete many rows in one statement."""
        self._delete_where(self._c["id"].in_(ids))

    def _update_where(self, *conditions: ColumnElement[bool], **values: Any) -> int:
        """Change the rows that match, each of them recorded; return how many."""
        recorder = self._sql.recorder
        change = self._table.update().values(self._sql.named(values))
        change = recorder.marked(change)
        if not recorder.is_on or recorder.follows(values):
            return int(self.connection.execute(change.where(*conditions)).rowcount)
        rows = self._rows(self._sql.select.where(*conditions).with_for_update())
        ids = [row.id for row in rows]  # type: ignore[attr-defined]
        for first in range(0, len(ids), MANY):
            some = self._c["id"].in_(ids[first : first + MANY])
            self.connection.execute(change.where(some))
        recorder.changed(rows, values)
        return len(rows)

    def _delete_where(self, *conditions: ColumnElement[bool]) -> int:
        """Delete the rows that match, each of them recorded; return how many."""
        recorder = self._sql.recorder
        gone = recorder.marked(self._table.delete().where(*conditions))
        if not recorder.is_on:
            return int(self.connection.execute(gone).rowcount)
        rows = self._rows(gone.returning(*self._c.values()))
        recorder.went(rows)
        return len(rows)

    def _rows(self, query: Select[Any], **values: Any) -> list[M]:
        """Return the rows of a query over this table's columns."""
        make: Any = self._sql.record._make
        return [make(row) for row in self.connection.execute(query, values)]

    def _quickest(self, queries: Sequence[Select[Any]]) -> list[M]:
        """Return the rows of a query, of which there may be several wordings.

        They are tried in turns, each time with more patience: what is found in this way
        takes a few times as long as the best one, whichever that is.
        """
        turns = cycle(queries if len(queries) > 1 else ())
        for turn, query in enumerate(turns):
            with hurried(self.connection, turn):
                return self._rows(query)
        return self._rows(queries[0])

    def _first(self, query: Select[Any] | Prepared, **values: Any) -> M | None:
        """Return the first row of such a query, or None."""
        if isinstance(query, Prepared):
            return cast("M | None", query.first(self.connection, values))
        row = self.connection.execute(query, values).first()
        return None if row is None else cast(M, self._sql.record._make(row))

    def scope(self, row: M) -> Scope:
        """Return a row as a scope, for ``access.check``."""
        return Scope(*(getattr(row, name) for name in self.scope_columns))

    def _seen(self, visible: Visible | None) -> ColumnElement[bool] | None:
        """Return the condition for rows to be seen; to forget to ask is an error."""
        self._refuse_forgetting(visible)
        return None if visible is None else visible.condition(*self._scope_columns)

    def _ways(self, visible: Visible | None) -> Sequence[ColumnElement[bool] | None]:
        """Return the same condition in each wording that there is."""
        return (None,) if visible is None else visible.conditions(*self._scope_columns)

    @property
    def _scope_columns(self) -> tuple[ColumnElement[Any], ColumnElement[Any] | None]:
        scope, *parent = [self._c[name] for name in self.scope_columns]
        return scope, next(iter(parent), None)

    def _refuse_forgetting(self, visible: Visible | None) -> None:
        if visible is None and self.scope_columns:
            raise TypeError(
                f"{self.kind} has scopes: say visible=access.filter(action), or "
                "access.EVERYTHING where nobody in particular is asking."
            )

    def _where(
        self,
        query: Select[Any],
        filters: Mapping[str, Any],
        condition: ColumnElement[bool] | None = None,
    ) -> Select[Any]:
        for name, value in filters.items():
            query = query.where(self._condition(name, value))
        return query if condition is None else query.where(condition)

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        """Return one filter as SQL; subclasses add those that are no plain column."""
        field, _, operator = name.partition("__")
        condition: ColumnElement[bool] = OPERATORS[operator or "eq"](
            self._c[field], value
        )
        return condition

    def _count(
        self,
        filters: Mapping[str, Any],
        condition: ColumnElement[bool] | None = None,
    ) -> int:
        query = select(func.count()).select_from(self._table)
        query = self._where(query, filters, condition)
        return int(self.connection.scalar(query) or 0)

    def _keys(self, sort: str) -> list[Key]:
        """Return the sort columns; the id makes the order total."""
        if sort.removeprefix("-") not in self.sorts:
            known = ", ".join(self.sorts)
            raise InvalidError(
                f"sort is one of {known}, with '-' before it to descend.",
                {"sort": [f"One of {known}."]},
            )
        return [(self._c[name], sort.startswith("-")) for name in _names(sort)]

    def _parsed(self, keys: Sequence[Key], values: Sequence[Any]) -> list[Any]:
        """Give a cursor's values the types of their columns back."""
        if len(keys) != len(values):
            return list(values)  # seek refuses it
        return [
            _typed(column.type.python_type, value)
            for (column, _), value in zip(keys, values, strict=True)
        ]


def _names(sort: str) -> tuple[str, ...]:
    name = sort.removeprefix("-")
    return (name,) if name == "id" else (name, "id")


def _plain(values: Sequence[Any]) -> list[Any]:
    return [v.isoformat() if hasattr(v, "isoformat") else v for v in values]


LARGEST = 2**63


def _typed(kind: Any, value: Any) -> Any:
    """Give a cursor's value its type back; anybody may have written it."""
    try:
        parse = getattr(kind, "fromisoformat", kind)
        typed = value if isinstance(value, kind) else parse(value)
        if isinstance(typed, datetime):
            if typed.tzinfo is None:
                raise ValueError(value)
            typed = typed.astimezone(UTC)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise bad_cursor() from error
    too_large = isinstance(typed, int) and not -LARGEST <= typed < LARGEST
    if too_large or (isinstance(typed, str) and not storable(typed)):
        raise bad_cursor()
    return typed
