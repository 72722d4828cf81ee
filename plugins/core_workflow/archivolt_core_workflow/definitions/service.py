"""Every database access of the definitions domain, and nothing else."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from archivolt_core_workflow.definitions.models import (
    DRAFT,
    PUBLISHED,
    DefinitionVersion,
    Trigger,
)
from archivolt_host.kit.db import savepoint
from archivolt_host.kit.service import Service


class DefinitionService(Service[DefinitionVersion]):
    """Versions of definitions in the current tenant."""

    model = DefinitionVersion
    kind = "Definition"
    sorts = ("created_at", "key", "title")
    sql_verbs = ("draft", "published", "next_version", "create_once")

    def draft(self, key: str) -> DefinitionVersion | None:
        """Return the draft of that key, or None."""
        return self._in_state(key, DRAFT)

    def published(self, key: str) -> DefinitionVersion | None:
        """Return the version of that key that is in use, or None."""
        return self._in_state(key, PUBLISHED)

    def _in_state(self, key: str, state: str) -> DefinitionVersion | None:
        return self._first(
            self._sql.select.where(self._c["key"] == key, self._c["state"] == state)
        )

    def next_version(self, key: str) -> int:
        """Return the number that the next version of a key has."""
        query = select(func.max(self._c["version"])).where(self._c["key"] == key)
        return int(self.connection.scalar(query) or 0) + 1

    def create_once(self, **values: Any) -> None:
        """Add a version, unless somebody else is adding it at the same time."""
        try:
            with savepoint():
                self.create(**values)
        except IntegrityError:
            return


class TriggerService(Service[Trigger]):
    """The news by which definitions begin."""

    model = Trigger
    kind = "Trigger"
    sql_verbs = ("wanted", "of_news", "set")

    def wanted(self) -> list[str]:
        """Return all news by which something begins."""
        return list(self.connection.scalars(select(self._c["news"]).distinct()))

    def of_news(self, news: str) -> Sequence[UUID]:
        """Return the definitions that begin by some news."""
        query = select(self._c["definition_id"]).where(self._c["news"] == news)
        return self.connection.scalars(query.order_by(self._c["id"])).all()

    def set(self, definition_id: UUID, news: Iterable[str]) -> None:
        """Let a definition begin by these news, and by no others."""
        gone = self._c["definition_id"] == definition_id
        self.connection.execute(self._table.delete().where(gone))
        self.bulk_create({"definition_id": definition_id, "news": n} for n in news)


definitions = DefinitionService()
triggers = TriggerService()
