"""HTTP for the factors domain: parse, call, answer."""

from typing import Any
from uuid import UUID

from archivolt_core_identity.factors import logic
from archivolt_core_identity.factors.schemas import (
    CodeSchema,
    CodesSchema,
    EnrolledSchema,
    FactorSchema,
)
from archivolt_core_identity.users.service import users
from archivolt_host.kit.api import Blueprint, ModelAPIView, requires, signed_in

blueprint = Blueprint("factors", __name__, description="A second factor.")
SECRET = {"Cache-Control": "no-store"}


@blueprint.route("/me/factor")
class OwnFactor(ModelAPIView):
    """The second factor of the one who asks."""

    @signed_in()
    @blueprint.response(200, FactorSchema)
    def get(self) -> dict[str, Any]:
        """Show whether one has a second factor."""
        return logic.state()

    @signed_in()
    @blueprint.response(201, EnrolledSchema)
    def post(self) -> Any:
        """Begin: returns the secret for the device, which counts once confirmed."""
        return logic.enrol(), 201, SECRET


@blueprint.route("/me/factor/confirm")
class ConfirmFactor(ModelAPIView):
    """The first code of a device."""

    @signed_in()
    @blueprint.arguments(CodeSchema)
    @blueprint.response(200, CodesSchema)
    def post(self, sent: dict[str, Any]) -> Any:
        """Confirm with a first code; from now on every sign-in wants one."""
        return {"recovery_codes": logic.confirm(sent["otp"])}, 200, SECRET


@blueprint.route("/me/factor/remove")
class RemoveFactor(ModelAPIView):
    """The end of a device."""

    @signed_in()
    @blueprint.arguments(CodeSchema)
    @blueprint.response(204)
    def post(self, sent: dict[str, Any]) -> None:
        """Remove one's second factor, with one more code of it."""
        logic.remove(sent["otp"])


@blueprint.route("/users/<uuid:id>/factor")
class FactorOfUser(ModelAPIView):
    """The second factor of a user."""

    @requires("users.manage")
    @blueprint.response(204)
    def delete(self, id: UUID) -> None:
        """Remove a user's second factor, for who lost device and codes."""
        logic.remove_of(users.get(id))
