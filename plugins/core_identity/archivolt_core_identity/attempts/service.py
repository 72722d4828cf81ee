"""Every database access of the attempts domain, and nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from archivolt_core_identity.attempts.models import Attempt
from archivolt_host.kit.db import now
from archivolt_host.kit.service import Service

INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class AttemptService(Service[Attempt]):
    """Counters of the current tenant."""

    model = Attempt
    kind = "Attempt"
    sql_verbs = ("claim", "count", "reset", "take_back", "forget")

    def claim(self, keys: Sequence[str]) -> list[Attempt]:
        """Return the counters of these keys, and let nobody else count meanwhile."""
        insert = INSERT[self.connection.dialect.name]
        new = [self._sql.complete({"key": key}) for key in sorted(keys)]
        rows = insert(self._table).values(new).on_conflict_do_nothing()
        self.connection.execute(rows)
        query = self._sql.select.where(self._c["key"].in_(keys))
        found = self._rows(query.order_by("key").with_for_update())
        by_key = {row.key: row for row in found}
        return [by_key[key] for key in keys]

    def count(self, row: Attempt, failures: int) -> None:
        """Note that it was tried once more."""
        self._update_where(self._c["id"] == row.id, failures=failures, last_at=now())

    def reset(self, key: str, known_until: datetime | None) -> None:
        """Begin anew for a key, known from now on where a time is given."""
        self._update_where(self._c["key"] == key, failures=0, known_until=known_until)

    def take_back(self, key: str) -> None:
        """Let the attempt that succeeded not count against an address."""
        is_counted = self._c["failures"] > 0
        change = self._table.update().where(self._c["key"] == key, is_counted)
        self.connection.execute(change.values(failures=self._table.c.failures - 1))

    def forget(self, before: datetime) -> int:
        """Delete counters that were not used since a moment."""
        return self._delete_where(
            self._c["last_at"] < before,
            self._c["known_until"].is_(None) | (self._c["known_until"] < before),
        )


attempts = AttemptService()
