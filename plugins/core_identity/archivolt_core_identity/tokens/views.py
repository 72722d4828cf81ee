"""HTTP for sign-in: parse, call, answer."""

from typing import Any

from archivolt_core_identity import caller
from archivolt_core_identity.sessions import logic as sessions
from archivolt_core_identity.tokens import logic
from archivolt_core_identity.tokens.schemas import (
    RefreshSchema,
    SignInSchema,
    TokenSchema,
)
from archivolt_host.kit.api import Blueprint, ModelAPIView, public, signed_in

blueprint = Blueprint("auth", __name__, description="Sign in.", url_prefix="/auth")
# For clients that know the product by these addresses.
jwt = Blueprint(
    "jwt", __name__, description="Sign in.", url_prefix="/auth/jwt",
    extra_mounts=("/api",),
)  # fmt: skip


@jwt.route("/token")
@blueprint.route("/token")
class Token(ModelAPIView):
    """Sign-in."""

    @public(signs_in=True)
    @blueprint.arguments(SignInSchema)
    @blueprint.response(200, TokenSchema)
    def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Sign in with user name, password and the code of a second factor."""
        return logic.sign_in(**sent)


@jwt.route("/token/refresh", endpoint="renewal")
@jwt.route("/refresh")
@blueprint.route("/refresh")
class Refresh(ModelAPIView):
    """Renewal."""

    @public()
    @blueprint.arguments(RefreshSchema)
    @blueprint.response(200, TokenSchema)
    def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Exchange a refresh token for new tokens; it is worth nothing afterwards."""
        return logic.refresh(sent["refresh"])


@blueprint.route("/sign-out")
class SignOut(ModelAPIView):
    """The end of a session."""

    @signed_in()
    @blueprint.response(204)
    def post(self) -> None:
        """End the session that the request came with, its refresh token included."""
        if (open_one := caller.current_session()) is not None:
            sessions.sign_out(open_one)
