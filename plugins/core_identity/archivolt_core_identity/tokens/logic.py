"""Issues and verifies tokens. A token belongs to one user of one tenant."""

from datetime import timedelta
from functools import lru_cache
from time import time
from typing import Any, NamedTuple
from uuid import UUID

import jwt
from flask import Flask
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    decode_token,
)
from flask_jwt_extended.exceptions import JWTExtendedException

from archivolt_core_identity.users import logic as people
from archivolt_core_identity.users.models import ACTIVE
from archivolt_core_identity.users.service import users
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import hooks
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import reading
from archivolt_host.kit.errors import DeniedError, RefusedError, UnauthorizedError
from archivolt_host.kit.settings import setting

PLUGIN = "core_identity"
WRONG = "User name or password is wrong."


class Claims(NamedTuple):
    """What a verified token says."""

    user: UUID
    org: str
    kind: str
    expires: float


def set_up(app: Flask) -> None:
    """Sign with the deployment's secret."""
    app.config["JWT_SECRET_KEY"] = app.config["SECRET_KEY"]
    JWTManager(app)
    _verified.cache_clear()


def sign_in(username: str, password: str) -> dict[str, Any]:
    """Return tokens for a user who knows the password, or raise 401."""
    with reading():
        user = users.by_name(people.name_key(username))
    if not people.verify(user, password) or user is None:
        raise UnauthorizedError(WRONG)
    try:
        hooks.ask("sign_in_refused", username=user.username)
    except RefusedError as refusal:
        raise DeniedError(str(refusal)) from refusal
    return issue(user.id)


def issue(user: UUID) -> dict[str, Any]:
    """Return a pair of tokens for a user."""
    lifetime = setting(PLUGIN, "access_lifetime")
    claims = {"org": tenant().slug}
    return {
        "access": create_access_token(
            str(user),
            expires_delta=timedelta(seconds=lifetime),
            additional_claims=claims,
        ),
        "refresh": create_refresh_token(
            str(user),
            expires_delta=timedelta(seconds=setting(PLUGIN, "refresh_lifetime")),
            additional_claims=claims,
        ),
        "expires_in": lifetime,
    }


def refresh(token: str) -> dict[str, Any]:
    """Return new tokens for a refresh token, or raise 401."""
    claims = verify(token, "refresh")
    if claims is None or _user(claims.user) is None:
        raise UnauthorizedError("The refresh token is not valid: sign in again.")
    return issue(claims.user)


def identify(token: str) -> Actor | None:
    """Return who stands behind an access token, or None."""
    claims = verify(token, "access")
    return _user(claims.user) if claims is not None else None


def verify(token: str, kind: str) -> Claims | None:
    """Return what a token says if it is genuine, of this tenant and not expired."""
    claims = _verified(token)
    if claims is None or claims.kind != kind or claims.expires <= time():
        return None
    return claims if claims.org == tenant().slug else None


def _user(id: UUID) -> Actor | None:
    """Read who the user is now: a disabled one is out at once."""
    with reading():
        found = users.find(id)
        if found is None or found.state != ACTIVE:
            return None
        return people.as_actor(found.id, found.username)


@lru_cache(maxsize=4096)
def _verified(token: str) -> Claims | None:
    """Check the signature, once per token; time and user are checked every time."""
    try:
        claims = decode_token(token)
        return Claims(
            UUID(claims["sub"]), claims["org"], claims["type"], float(claims["exp"])
        )
    except (jwt.PyJWTError, JWTExtendedException, KeyError, ValueError, TypeError):
        return None
