"""HTTP for audit logs: parse, call, answer. There is nothing to write here."""

from typing import Any
from uuid import UUID

from archivolt_core_audit.journal.service import entries
from archivolt_core_audit.logs import logic
from archivolt_core_audit.logs.schemas import LogQuery, LogSchema
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    page_of,
    requires,
)

blueprint = Blueprint(
    "audit-logs",
    __name__,
    description="The journal in the words of other products.",
    extra_mounts=("/api/v1",),
)


@blueprint.route("/audit-logs")
class Logs(ModelAPIView):
    """All that was done."""

    @requires("audit.read")
    @blueprint.arguments(LogQuery, location="query")
    @blueprint.response(200, page_of(LogSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List what was done, newest first."""
        page = Page.of(query)
        found = entries.filter(page, **query)
        found.items = [logic.as_log(entry) for entry in found.items]
        return answer(found)


@blueprint.route("/audit-logs/<uuid:id>")
class OneLog(ModelAPIView):
    """One deed."""

    @requires("audit.read")
    @blueprint.response(200, LogSchema)
    def get(self, id: UUID) -> dict[str, Any]:
        """Show one deed."""
        return logic.as_log(entries.get(id))
