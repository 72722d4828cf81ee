"""Every database access of the versions domain, and nothing else."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select

from archivolt_core_documents.versions.models import Version
from archivolt_host.kit.errors import NotFoundError
from archivolt_host.kit.service import Service


class VersionService(Service[Version]):
    """Versions of the current tenant's documents."""

    model = Version
    kind = "Version"
    sorts = ("number", "created_at")
    sql_verbs = ("add", "numbered", "refers_to", "remove_of", "hashes_of")

    def add(self, **values: object) -> None:
        """Add a version without loading it again."""
        self.session.execute(insert(Version), values)

    def numbered(self, document_id: UUID, number: int) -> Version:
        """Return one version of a document, or raise NotFoundError."""
        query = select(Version).where(
            Version.document_id == document_id, Version.number == number
        )
        found = self.session.scalar(query)
        if found is None:
            raise NotFoundError(self.kind, number)
        return found

    def refers_to(self, sha256: str) -> bool:
        """Return whether any version has this content."""
        query = select(Version.id).where(Version.sha256 == sha256).limit(1)
        return self.session.scalar(query) is not None

    def hashes_of(self, documents: Sequence[UUID]) -> set[str]:
        """Return the contents of some documents."""
        query = select(Version.sha256).where(Version.document_id.in_(documents))
        return set(self.session.scalars(query))

    def remove_of(self, documents: Sequence[UUID]) -> None:
        """Delete all versions of some documents."""
        self.session.execute(delete(Version).where(Version.document_id.in_(documents)))


versions = VersionService()
