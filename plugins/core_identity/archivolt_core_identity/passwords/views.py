"""HTTP for the passwords domain: parse, call, answer."""

from typing import Any

from archivolt_core_identity.passwords import logic, orchestrators
from archivolt_core_identity.passwords.schemas import (
    ConfirmSchema,
    OwnPasswordSchema,
    ResetSchema,
)
from archivolt_host.kit.api import Blueprint, ModelAPIView, public, signed_in

blueprint = Blueprint("passwords", __name__, description="Passwords.")


@blueprint.route("/auth/password/reset")
class ResetPassword(ModelAPIView):
    """The way back in."""

    @public(signs_in=True)
    @blueprint.arguments(ResetSchema)
    @blueprint.response(202)
    def post(self, sent: dict[str, Any]) -> None:
        """Have a word for a new password mailed; the answer is always the same."""
        orchestrators.ask(sent.get("username") or sent["email"])


@blueprint.route("/auth/password/confirm")
class ConfirmPassword(ModelAPIView):
    """The end of that way."""

    @public(signs_in=True)
    @blueprint.arguments(ConfirmSchema)
    @blueprint.response(204)
    def post(self, sent: dict[str, Any]) -> None:
        """Set a new password with the word from the message; all sessions end."""
        logic.finish(sent["token"], sent["password"])


@blueprint.route("/me/password")
class OwnPassword(ModelAPIView):
    """The password of the one who asks."""

    @signed_in()
    @blueprint.arguments(OwnPasswordSchema)
    @blueprint.response(204)
    def put(self, sent: dict[str, Any]) -> None:
        """Change one's own password; all one's sessions end, this one too."""
        logic.change_own(sent["old"], sent["new"])
