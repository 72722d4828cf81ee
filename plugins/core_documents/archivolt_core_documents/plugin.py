"""The documents plugin: all that it adds to the platform, on one page."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from archivolt_core_documents.blobs import blobs
from archivolt_core_documents.documents import logic, orchestrators, samples
from archivolt_core_documents.documents import views as documents
from archivolt_core_documents.documents.schemas import MetadataSchema, MoveSchema
from archivolt_core_documents.folders import logic as folder_logic
from archivolt_core_documents.folders import views as folders
from archivolt_core_documents.versions import orchestrators as contents
from archivolt_core_documents.versions import views as versions
from archivolt_hookspecs import hookimpl
from archivolt_hookspecs.documents import DocumentInfo
from archivolt_hookspecs.events import EventInfo
from archivolt_hookspecs.host import StoredFile
from archivolt_hookspecs.permissions import ScopeInfo
from archivolt_hookspecs.registration import Action, Permission, Schedule
from archivolt_host.kit.context import tenant

PERMISSIONS = [
    Permission(name, summary, (least,), scoped=True)
    for name, summary, least in (
        ("documents.read", "See documents and folders.", "guest"),
        ("documents.create", "Upload documents.", "member"),
        ("documents.update", "Change documents.", "member"),
        ("documents.delete", "Trash and restore documents.", "member"),
        ("folders.manage", "Make, move and delete folders.", "member"),
    )
] + [
    Permission(
        "documents.share",
        "Grant others rights on documents and folders.",
        ("manager",),
        scoped=True,
        impersonated=False,
    )
]


class Documents:
    """Keeps documents with their versions, folders and text."""

    @hookimpl
    def register_blueprints(self) -> Sequence[Any]:
        """Serve documents, their versions, folders and the trash."""
        return [documents.blueprint, versions.blueprint, folders.blueprint]

    @hookimpl
    def register_permissions(self) -> Sequence[Permission]:
        """Name what the routes ask for."""
        return PERMISSIONS

    @hookimpl
    def register_jobs(self) -> Sequence[Any]:
        """Read the text of contents that came in; delete those that went."""
        return [orchestrators.extract_text, orchestrators.discard_contents]

    @hookimpl
    def register_actions(self) -> Sequence[Action]:
        """Let workflows and rules file documents, and say things about them."""
        may = "documents.update"
        return [
            Action(
                "move_document",
                logic.move,
                permission=may,
                offered=True,
                schema=MoveSchema,
            ),
            Action(
                "set_document_metadata",
                logic.set_metadata,
                permission=may,
                offered=True,
                schema=MetadataSchema,
            ),
        ]

    @hookimpl
    def load_samples(self) -> str:
        """Add sample folders and documents."""
        return samples.load()

    @hookimpl
    def purge_storage(self, before: float) -> int:
        """Delete contents without a version, which uploads left behind."""
        return orchestrators.clear_later(before)

    @hookimpl
    def register_schedules(self) -> Sequence[Schedule]:
        """Empty the trash."""
        empty = orchestrators.empty_trash
        return [Schedule("empty_trash", empty, every=6 * 3600, shared=True)]

    @hookimpl
    def stored_files(self) -> Iterable[StoredFile]:
        """Yield every content for an archive of the tenant."""
        return contents.stored()

    @hookimpl
    def receive_file(self, name: str, content: IO[bytes]) -> None:
        """Store a content out of an archive."""
        contents.receive(name, content)

    @hookimpl
    def drop_files(self) -> None:
        """Delete every content of a tenant that is gone."""
        blobs().drop(tenant().slug)

    @hookimpl
    def describe_scope(self, scope: UUID) -> ScopeInfo | None:
        """Say what a folder or a document is."""
        return folder_logic.as_scope(scope)

    @hookimpl
    def describe_documents(
        self, ids: Sequence[UUID]
    ) -> Mapping[UUID, Mapping[str, Any]]:
        """Return documents as the API shows them."""
        return documents.described(ids)

    @hookimpl
    def documents_changed_since(
        self, since: datetime | None, after: UUID | None, limit: int
    ) -> Sequence[tuple[DocumentInfo, str]]:
        """Return live documents with their text, in id order."""
        return logic.changed_since(since, after, limit)

    @hookimpl
    def visible_events(self, events: Sequence[EventInfo]) -> Collection[int]:
        """Show news of documents to those who may read these."""
        return documents.visible_events(events)

    @hookimpl
    def user_removal_refused(self, user_id: UUID) -> str | None:
        """Keep those whose documents or folders would be nobody's."""
        return logic.why_owner_stays(user_id)
