"""The verbs that every service shares; only services touch the database.

A domain's service subclasses ``Service``. Its public names are these eight verbs;
further statements that maintain closures and indexes, or claim work, are listed in
``sql_verbs``. Services know no rules, no permissions and no audit, and they flush: the
caller owns the transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import Session

from archivolt_host.errors import InvalidError, NotFoundError
from archivolt_host.http.paging import Key, Page, Slice, seek
from archivolt_host.tenants import sessions
from archivolt_host.tenants.columns import Base

M = TypeVar("M", bound=Base)

OPERATORS: Mapping[str, Any] = {
    "eq": lambda column, value: column == value,
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

    @property
    def session(self) -> Session:
        """The session of the unit of work under way."""
        return sessions.session()

    def create(self, **values: Any) -> M:
        """Add one row and return it."""
        row: M = self.model(**values)
        self.session.add(row)
        self.session.flush()
        return row

    def get(self, id: UUID) -> M:
        """Return the row, or raise NotFoundError."""
        row: M | None = self.session.get(self.model, id)
        if row is None:
            raise NotFoundError(self.kind, id)
        return row

    def filter(self, page: Page, **filters: Any) -> Slice:
        """Return a page of the rows that match ``field__op=value`` filters."""
        query = self._where(select(self.model), filters)
        keys = self._keys(page.sort)
        count = self._count(filters) if page.count else None
        if (values := page.after()) is not None:
            query = seek(query, keys, self._parsed(keys, values))
        order = [c.desc() if descends else c.asc() for c, descends in keys]
        rows = self.session.scalars(query.order_by(*order).limit(page.limit + 1)).all()
        shown, more = rows[: page.limit], len(rows) > page.limit
        last = [getattr(shown[-1], str(c.key)) for c, _ in keys] if more else []
        return Slice(shown, page.cursor_at(_plain(last)) if more else None, count)

    def update(self, row: M, **values: Any) -> M:
        """Set the given columns and return the row."""
        for name, value in values.items():
            setattr(row, name, value)
        self.session.flush()
        return row

    def delete(self, row: M) -> None:
        """Delete the row."""
        self.session.delete(row)
        self.session.flush()

    def bulk_create(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add many rows in as few statements as the database allows."""
        if values := list(rows):
            self.session.execute(insert(self.model), values)

    def bulk_update(self, ids: Sequence[UUID], **values: Any) -> None:
        """Change many rows in one statement."""
        self.session.execute(
            update(self.model).where(self.model.id.in_(ids)).values(**values)
        )

    def bulk_delete(self, ids: Sequence[UUID]) -> None:
        """Delete many rows in one statement."""
        self.session.execute(delete(self.model).where(self.model.id.in_(ids)))

    def _where(self, query: Select[Any], filters: Mapping[str, Any]) -> Select[Any]:
        for name, value in filters.items():
            query = query.where(self._condition(name, value))
        return query

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        """Return one filter as SQL; subclasses add those that are no plain column."""
        field, _, operator = name.partition("__")
        condition: ColumnElement[bool] = OPERATORS[operator or "eq"](
            getattr(self.model, field), value
        )
        return condition

    def _count(self, filters: Mapping[str, Any]) -> int:
        query = self._where(select(func.count()).select_from(self.model), filters)
        return int(self.session.scalar(query) or 0)

    def _keys(self, sort: str) -> list[Key]:
        """Return the sort columns; the id makes the order total."""
        descends, name = sort.startswith("-"), sort.removeprefix("-")
        if name not in self.sorts:
            known = ", ".join(self.sorts)
            raise InvalidError(
                f"sort is one of {known}, with '-' before it to descend."
            )
        keys = [(getattr(self.model, name), descends)]
        return [*keys, (self.model.id, descends)] if name != "id" else keys

    def _parsed(self, keys: Sequence[Key], values: Sequence[Any]) -> list[Any]:
        """Give a cursor's values the types of their columns back."""
        if len(keys) != len(values):
            return list(values)  # seek refuses it
        return [
            _typed(inspect(c).type.python_type, value)
            for (c, _), value in zip(keys, values, strict=True)
        ]


def _plain(values: Sequence[Any]) -> list[Any]:
    return [v.isoformat() if hasattr(v, "isoformat") else v for v in values]


def _typed(kind: Any, value: Any) -> Any:
    if value is None or isinstance(value, kind):
        return value
    try:
        return (
            kind.fromisoformat(value) if hasattr(kind, "fromisoformat") else kind(value)
        )
    except (TypeError, ValueError) as error:
        raise InvalidError("The cursor does not fit this list.") from error
