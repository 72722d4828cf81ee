"""HTTP for the impersonations domain: parse, call, answer."""

from typing import Any

from archivolt_core_platform.impersonations import logic
from archivolt_core_platform.impersonations.schemas import (
    ImpersonationTokenSchema,
    NewImpersonationSchema,
)
from archivolt_host.kit.api import Blueprint, ModelAPIView, public

blueprint = Blueprint("platform", __name__, description="For who runs the deployment.")


@blueprint.route("/platform/impersonations")
class Impersonations(ModelAPIView):
    """Acting as a user of a tenant."""

    @public(signs_in=True)
    @blueprint.arguments(NewImpersonationSchema)
    @blueprint.response(201, ImpersonationTokenSchema)
    def post(self, sent: dict[str, Any]) -> Any:
        """Act as a user for a while, with a platform user's name and password."""
        return logic.begin(**sent), 201, {"Cache-Control": "no-store"}
