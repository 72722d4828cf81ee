"""HTTP for the journal: parse, call, answer. There is nothing to write here."""

from typing import Any
from uuid import UUID

from archivolt_core_audit.journal import logic
from archivolt_core_audit.journal.schemas import EntryQuery, EntrySchema
from archivolt_core_audit.journal.service import entries
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    page_of,
    requires,
)

blueprint = Blueprint("journal", __name__, description="Who did what.")


@blueprint.route("/journal")
class Journal(ModelAPIView):
    """All that was done."""

    @requires("audit.read")
    @blueprint.arguments(EntryQuery, location="query")
    @blueprint.response(200, page_of(EntrySchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List what was done, newest first."""
        page = Page.of(query)
        found = entries.filter(page, **query)
        found.items = [logic.shown(entry) for entry in found.items]
        return answer(found)


@blueprint.route("/journal/<uuid:id>")
class OneEntry(ModelAPIView):
    """One deed."""

    @requires("audit.read")
    @blueprint.response(200, EntrySchema)
    def get(self, id: UUID) -> dict[str, Any]:
        """Show one deed."""
        return logic.shown(entries.get(id))
