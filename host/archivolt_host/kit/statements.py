"""The statements of one table, made once: building SQL costs more than running it."""

from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, bindparam, inspect, select

from archivolt_host.kit.recorder import Recorder
from archivolt_host.tenants.prepared import Prepared

REVISION = "revision"


class Statements:
    """What a service runs again and again, and the shape of its rows."""

    def __init__(self, model: type[Any]) -> None:
        self.table: Table = model.__table__
        attributes = inspect(model).column_attrs
        #: Columns by the names that the program uses for them.
        self.columns = {a.key: self.table.c[a.columns[0].key] for a in attributes}
        self.record = _record(f"{model.__name__}Row", tuple(self.columns))
        self.recorder = Recorder(self.table, self.columns)
        self.select = select(*self.columns.values())
        mine = self.columns["id"] == bindparam("id")
        self.get = Prepared(self.select.where(mine), self.record)
        #: The same, holding the row until the transaction ends.
        self.locked = Prepared(self.select.where(mine).with_for_update(), self.record)
        self.insert = Prepared(self.recorder.marked(self.table.insert()))
        self.delete = Prepared(self.recorder.marked(self.table.delete().where(mine)))
        self._keys = {name: column.key for name, column in self.columns.items()}
        self._defaults = {k: c.default for k, c in self.columns.items()}
        self._updates: dict[tuple[str, ...], Prepared] = {}

    def complete(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a whole row: what is given, else the default, else None."""
        if unknown := values.keys() - self.columns.keys():
            raise TypeError(f"{self.table.name} has no {', '.join(sorted(unknown))}")
        return {
            name: values[name] if name in values else _default(default)
            for name, default in self._defaults.items()
        }

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values under the names that the columns have in the database."""
        keys = self._keys
        return {keys[name]: value for name, value in values.items()}

    def update(
        self, row: Any, values: Mapping[str, Any]
    ) -> tuple[Prepared, dict[str, Any]]:
        """Return the statement that changes one row, and its parameters."""
        names = tuple(values)
        if names not in self._updates:
            self._updates[names] = self._make_update(names)
        parameters = {f"new_{name}": value for name, value in values.items()}
        parameters["old_id"] = row.id
        if REVISION in self.columns:
            parameters["old_revision"] = row.revision
        return self._updates[names], parameters

    def _make_update(self, names: tuple[str, ...]) -> Prepared:
        new: dict[str, Any] = {
            self.columns[n].key: bindparam(f"new_{n}") for n in names
        }
        change = self.table.update().where(self.columns["id"] == bindparam("old_id"))
        if REVISION in self.columns:
            revision = self.columns[REVISION]
            change = change.where(revision == bindparam("old_revision"))
            new[REVISION] = revision + 1
        return Prepared(self.recorder.marked(change.values(new)))

    def changed(self, row: Any, values: Mapping[str, Any]) -> Any:
        """Return the row as it is after an update."""
        if REVISION in self.columns:
            values = {**values, REVISION: row.revision + 1}
        return row._replace(**values)


def _record(name: str, fields: tuple[str, ...]) -> Any:
    return namedtuple(name, fields)


def _default(default: Any) -> Any:
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg
