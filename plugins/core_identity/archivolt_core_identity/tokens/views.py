"""HTTP for sign-in: parse, call, answer."""

from typing import Any

from archivolt_core_identity.tokens import logic
from archivolt_core_identity.tokens.schemas import (
    RefreshSchema,
    SignInSchema,
    TokenSchema,
)
from archivolt_host.kit.api import Blueprint, ModelAPIView, public

blueprint = Blueprint("auth", __name__, description="Sign in.", url_prefix="/auth")


@blueprint.route("/token")
class Token(ModelAPIView):
    """Sign-in."""

    @public(signs_in=True)
    @blueprint.arguments(SignInSchema)
    @blueprint.response(200, TokenSchema)
    def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Sign in with user name and password."""
        return logic.sign_in(sent["username"], sent["password"])


@blueprint.route("/refresh")
class Refresh(ModelAPIView):
    """Renewal."""

    @public()
    @blueprint.arguments(RefreshSchema)
    @blueprint.response(200, TokenSchema)
    def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Exchange a refresh token for new tokens."""
        return logic.refresh(sent["refresh"])
