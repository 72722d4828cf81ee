"""Records what a service writes: rows that came, went or changed; never secrets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.schema import Column

from archivolt_host.plugins import recording
from archivolt_host.tenants.columns import UNAUDITED
from archivolt_host.tenants.recorded import RECORDED

HIDDEN = "(secret)"


class Recorder:
    """Records the changes of one table, and marks the statements that make them."""

    def __init__(self, table: Table, columns: Mapping[str, Column[Any]]) -> None:
        self.kind = table.name.replace("_", ".", 1)  # documents.document
        self._is_audited = not table.info.get(UNAUDITED, "not a tenant's table")
        self._secret = _marked(columns, "secret")
        self._derived = _marked(columns, "derived")
        self._kept_back = self._secret | self._derived

    def marked(self, statement: Any) -> Any:
        """Return a statement as one whose effect is recorded."""
        return statement.execution_options(**{RECORDED: True})

    @property
    def is_on(self) -> bool:
        """Whether changes of this table are to be recorded here and now."""
        return self._is_audited and recording.is_wanted()

    def follows(self, names: Iterable[str]) -> bool:
        """Return whether these columns only follow from other rows."""
        return self._derived.issuperset(names)

    def came(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Record new rows."""
        if self.is_on:
            for row in rows:
                self._add("create", row["id"], None, self._shown(row))

    def went(self, rows: Iterable[Any]) -> None:
        """Record rows that are deleted."""
        if self.is_on:
            for row in rows:
                self._add("delete", row.id, self._shown(row._asdict()), None)

    def changed(self, rows: Iterable[Any], values: Mapping[str, Any]) -> None:
        """Record what is different in rows that were changed."""
        if self.follows(values) or not self.is_on:
            return
        for row in rows:
            names = [name for name in values if getattr(row, name) != values[name]]
            before = [getattr(row, name) for name in names]
            after = [values[name] for name in names]
            self._add(
                "update", row.id, self._told(names, before), self._told(names, after)
            )

    def _add(self, verb: str, id: Any, before: Any, after: Any) -> None:
        recording.add(f"{self.kind}.{verb}", self.kind, id, before, after)

    def _shown(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in row if name not in self._kept_back}

    def _told(self, names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
        told = dict(zip(names, values, strict=True))
        return told | {n: HIDDEN for n in names if n in self._secret}


def _marked(columns: Mapping[str, Column[Any]], mark: str) -> frozenset[str]:
    return frozenset(n for n, c in columns.items() if c.info.get("audit") == mark)
