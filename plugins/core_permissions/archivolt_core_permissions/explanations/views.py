"""HTTP for explaining rights: parse, call, answer."""

from typing import Any

from archivolt_core_permissions.explanations import logic
from archivolt_core_permissions.explanations.schemas import (
    ExplainQuery,
    ExplanationSchema,
)
from archivolt_host.kit.api import Blueprint, ModelAPIView, signed_in

blueprint = Blueprint("permissions", __name__, description="Who may do what, and why.")


@blueprint.route("/permissions/explain")
class Explain(ModelAPIView):
    """Why somebody may do something, or what they lack."""

    @signed_in()
    @blueprint.arguments(ExplainQuery, location="query")
    @blueprint.response(200, ExplanationSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Explain one's own rights, or with ``permissions.explain`` anybody's."""
        return logic.explain(**query)
