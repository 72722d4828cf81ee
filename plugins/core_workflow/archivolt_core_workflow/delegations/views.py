"""HTTP for the delegations domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_workflow.delegations import logic
from archivolt_core_workflow.delegations.schemas import (
    DelegationQuery,
    DelegationSchema,
    NewDelegationSchema,
)
from archivolt_core_workflow.delegations.service import delegations
from archivolt_core_workflow.running import parts
from archivolt_host.kit.api import (
    Blueprint,
    ModelAPIView,
    Page,
    answer,
    page_of,
    requires,
)

WORK = "workflow.work"

blueprint = Blueprint(
    "delegations",
    __name__,
    description="Who stands in for whom.",
    url_prefix="/workflow",
)


@blueprint.route("/delegations")
class Delegations(ModelAPIView):
    """Absences, and who does the work meanwhile."""

    @requires(WORK)
    @blueprint.arguments(DelegationQuery, location="query")
    @blueprint.response(200, page_of(DelegationSchema))
    def get(self, query: dict[str, Any]) -> Any:
        """List delegations from and to oneself; overseers see all."""
        return answer(delegations.filter(Page.of(query), **query, **parts.visible()))

    @requires(WORK)
    @blueprint.arguments(NewDelegationSchema)
    @blueprint.response(201, DelegationSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Let somebody stand in for oneself for a while: an out-of-office."""
        return logic.create(**values)


@blueprint.route("/delegations/<uuid:id>")
class OneDelegation(ModelAPIView):
    """One delegation."""

    @requires(WORK)
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """End a delegation at once."""
        logic.remove(id)
