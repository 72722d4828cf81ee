"""What was told of documents, for whoever replays it."""

from collections.abc import Iterable
from uuid import UUID

from archivolt_core_documents.documents.service import documents
from archivolt_core_documents.folders.models import READ
from archivolt_hookspecs.documents import document_created
from archivolt_hookspecs.events import EventInfo
from archivolt_host.kit import access


def visible_events(events: Iterable[EventInfo]) -> list[int]:
    """Return the positions of the news of documents that the caller may read."""
    told = {
        event.position: UUID(event.arguments["document_id"])
        for event in events
        if event.hook == document_created.__name__
    }
    seen = documents.by_ids(list(told.values()), visible=access.filter(READ))
    ids = {document.id for document in seen}
    return [position for position, id in told.items() if id in ids]
