"""Every database access of the versions domain, and nothing else."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from archivolt_core_documents.versions.models import Version
from archivolt_host.kit.errors import NotFoundError
from archivolt_host.kit.service import Service


class VersionService(Service[Version]):
    """Versions of the current tenant's documents."""

    model = Version
    kind = "Version"
    sorts = ("number", "created_at")
    sql_verbs = (
        "numbered",
        "refers_to",
        "with_content",
        "remove_of",
        "hashes_of",
        "contents",
    )

    def numbered(self, document_id: UUID, number: int) -> Version:
        """Return one version of a document, or raise NotFoundError."""
        found = self._first(
            self._sql.select.where(
                self._c["document_id"] == document_id, self._c["number"] == number
            )
        )
        if found is None:
            raise NotFoundError(self.kind, number)
        return found

    def refers_to(self, sha256: str) -> bool:
        """Return whether any version has this content."""
        query = select(self._c["id"]).where(self._c["sha256"] == sha256).limit(1)
        return self.connection.scalar(query) is not None

    def with_content(self, sha256: str, limit: int) -> Sequence[Version]:
        """Return the first versions that have this content."""
        query = self._sql.select.where(self._c["sha256"] == sha256)
        order = self._c["document_id"], self._c["number"]
        return self._rows(query.order_by(*order).limit(limit))

    def contents(self, after: str, limit: int) -> Sequence[tuple[str, int]]:
        """Return the next contents with their sizes, by hash."""
        query = (
            select(self._c["sha256"], self._c["size"])
            .where(self._c["sha256"] > after)
            .distinct()
            .order_by(self._c["sha256"])
            .limit(limit)
        )
        return [(sha256, size) for sha256, size in self.connection.execute(query)]

    def hashes_of(self, documents: Sequence[UUID]) -> set[str]:
        """Return the contents of some documents."""
        of_these = self._c["document_id"].in_(documents)
        return set(self.connection.scalars(select(self._c["sha256"]).where(of_these)))

    def remove_of(self, documents: Sequence[UUID]) -> None:
        """Delete all versions of some documents."""
        self._delete_where(self._c["document_id"].in_(documents))


versions = VersionService()
