"""HTTP for sign-in: parse, call, answer."""

from typing import Any

from flask import request

from archivolt_core_identity import caller
from archivolt_core_identity.sessions import logic as sessions
from archivolt_core_identity.tokens import logic
from archivolt_core_identity.tokens.schemas import (
    BrowserSchema,
    RefreshSchema,
    SignInSchema,
    TokenSchema,
)
from archivolt_host.kit import cookies
from archivolt_host.kit.api import Blueprint, ModelAPIView, public, signed_in
from archivolt_host.kit.errors import NotFoundError

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


@blueprint.route("/session")
class BrowserSession(ModelAPIView):
    """A browser's sign-in, kept in a cookie that no script can read."""

    @public(signs_in=True)
    @blueprint.arguments(SignInSchema)
    @blueprint.response(200, BrowserSchema)
    def post(self, sent: dict[str, Any]) -> Any:
        """Sign a browser in; the answer sets its cookie and tells the CSRF token."""
        cookie, lifetime = logic.sign_in_browser(
            **sent, old=cookies.session_of(request)
        )
        body = {"csrf_token": cookies.csrf_token(cookie), "expires_in": lifetime}
        return body, 200, _cookie(cookie, lifetime)

    @signed_in()
    @blueprint.response(200, BrowserSchema)
    def get(self) -> dict[str, Any]:
        """Tell the CSRF token of the session at hand, as after a reload."""
        cookie = cookies.session_of(request)
        if cookie is None:
            raise NotFoundError("A browser's session")
        return {"csrf_token": cookies.csrf_token(cookie)}

    @signed_in()
    @blueprint.response(204)
    def delete(self) -> Any:
        """Sign the browser out, and take its cookie away."""
        if (open_one := caller.current_session()) is not None:
            sessions.sign_out(open_one)
        return None, 204, _cookie("", 0)


def _cookie(value: str, lifetime: int) -> dict[str, str]:
    header = cookies.set_session(value, lifetime, secure=request.is_secure)
    return {"Set-Cookie": header, "Cache-Control": "no-store"}
