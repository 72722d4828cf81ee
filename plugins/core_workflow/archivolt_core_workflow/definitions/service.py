"""Every database access of the definitions domain, and nothing else."""

from sqlalchemy import func, select

from archivolt_core_workflow.definitions.models import (
    DRAFT,
    PUBLISHED,
    DefinitionVersion,
)
from archivolt_host.kit.service import Service


class DefinitionService(Service[DefinitionVersion]):
    """Versions of definitions in the current tenant."""

    model = DefinitionVersion
    kind = "Definition"
    sorts = ("created_at", "key", "title")
    sql_verbs = ("draft", "published", "next_version")

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


definitions = DefinitionService()
