"""Issues and verifies tokens. A token belongs to one session of one tenant."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from secrets import token_urlsafe
from time import time
from typing import Any, NamedTuple
from uuid import UUID

import jwt
from flask import Flask, current_app
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    decode_token,
)
from flask_jwt_extended.exceptions import JWTExtendedException

from archivolt_core_identity import caller, signing_in
from archivolt_core_identity.keyring import FIRST, Keyring
from archivolt_core_identity.sessions import logic as sessions
from archivolt_core_identity.sessions.models import IMPERSONATION, TOKENS
from archivolt_core_identity.users import logic as people
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import audit
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import now, reading
from archivolt_host.kit.errors import NotFoundError, UnauthorizedError
from archivolt_host.kit.settings import setting

PLUGIN, KEYRING = "core_identity", "archivolt_keyring"
# How far the clocks of two machines may differ. Expiry is strict all the same.
SKEW = 60


class Claims(NamedTuple):
    """What a verified token says."""

    sid: UUID
    id: str
    org: str
    kind: str
    expires: float
    key: str


class UnknownKeyError(JWTExtendedException):
    """A token names a key that nobody holds."""


def set_up(app: Flask) -> None:
    """Sign with the newest key, and verify with the one that a token names."""
    ring = app.extensions[KEYRING] = Keyring(app.config["SECRET_KEY"])
    app.config.update(
        JWT_ALGORITHM="HS256", JWT_DECODE_ALGORITHMS=["HS256"], JWT_DECODE_LEEWAY=SKEW
    )
    manager = JWTManager(app)
    manager.additional_headers_loader(lambda _: {"kid": ring.newest()[0]})
    manager.encode_key_loader(lambda _: ring.newest()[1])
    manager.decode_key_loader(lambda header, _: _key(ring, header))
    _verified.cache_clear()


def _key(ring: Keyring, header: dict[str, Any]) -> str:
    found = ring.find(str(header.get("kid", FIRST)))
    if found is None:
        raise UnknownKeyError("The token names a key that is not in use.")
    return found


def sign_in(username: str, password: str, otp: str | None = None) -> dict[str, Any]:
    """Return tokens for a user who knows the password, or raise 401."""
    user = signing_in.authenticate(username, password, otp)
    proof, lifetime = token_urlsafe(), setting(PLUGIN, "refresh_lifetime")
    session = sessions.begin(user.id, TOKENS, proof, lifetime)
    return issue(user.id, session.id, proof)


def sign_in_browser(
    username: str, password: str, otp: str | None = None, *, old: str | None = None
) -> tuple[str, int]:
    """Return what a browser's cookie is to hold, and for how long, or raise 401."""
    user = signing_in.authenticate(username, password, otp)
    lifetime = int(setting(PLUGIN, "session_lifetime"))
    return sessions.begin_cookie(user.id, lifetime, old), lifetime


def issue(user: UUID, session: UUID, proof: str) -> dict[str, Any]:
    """Return a pair of tokens for a session."""
    lifetime = setting(PLUGIN, "access_lifetime")
    claims = {"org": tenant().slug, "sid": str(session)}
    return {
        "access": create_access_token(
            str(user),
            expires_delta=timedelta(seconds=lifetime),
            additional_claims=claims,
        ),
        "refresh": create_refresh_token(
            str(user),
            expires_delta=timedelta(seconds=setting(PLUGIN, "refresh_lifetime")),
            additional_claims={**claims, "jti": proof},
        ),
        "expires_in": lifetime,
    }


def impersonate(
    user: str, impersonator: UUID, reason: str, to: datetime
) -> dict[str, Any]:
    """Return a token with which somebody else acts as a user, until a moment."""
    found = people.find_actor(user)
    if found is None:
        raise NotFoundError("User", user)
    lifetime = max(1, int((to - now()).total_seconds()))
    who = {"impersonator": impersonator, "reason": reason}
    session = sessions.begin(found.id, IMPERSONATION, token_urlsafe(), lifetime, **who)
    acting = replace(found, impersonator=impersonator)
    told = {"reason": reason, "to": to.isoformat()}
    audit.note("impersonate", found.id, after=told, actor=acting)
    return {
        "access": create_access_token(
            str(found.id),
            expires_delta=timedelta(seconds=lifetime),
            additional_claims={"org": tenant().slug, "sid": str(session.id)},
        ),
        "expires_in": lifetime,
    }


def refresh(token: str) -> dict[str, Any]:
    """Return new tokens for a refresh token, which is worth nothing from then on."""
    claims = verify(token, "refresh")
    if claims is not None:
        proof, lifetime = token_urlsafe(), setting(PLUGIN, "refresh_lifetime")
        holder = sessions.renew(claims.sid, claims.id, proof, lifetime)
        if holder is not None:
            return issue(holder.user_id, claims.sid, proof)
    raise UnauthorizedError("The refresh token is not valid: sign in again.")


def identify(token: str) -> Actor | None:
    """Return who stands behind an access token, or None."""
    claims = verify(token, "access")
    if claims is None:
        return None
    with reading():
        holder = sessions.holder(claims.sid)
        if holder is None:
            return None
        caller.came_by(claims.sid)
        who = holder.impersonator
        return people.as_actor(holder.user_id, holder, impersonator=who)


def identify_browser(cookie: str) -> Actor | None:
    """Return who stands behind a browser's cookie, or None."""
    with reading():
        found = sessions.by_cookie(cookie)
    if found is None:
        return None
    id, holder = found
    caller.came_by(id)
    return people.as_actor(holder.user_id, holder)


def verify(token: str, kind: str) -> Claims | None:
    """Return what a token says if it is genuine, of this tenant and not expired."""
    try:
        claims = _verified(token)
    except (jwt.PyJWTError, JWTExtendedException, KeyError, ValueError, TypeError):
        return None
    if claims.kind != kind or claims.expires <= time() or claims.org != tenant().slug:
        return None
    ring: Keyring = current_app.extensions[KEYRING]
    return claims if ring.find(claims.key) else None


@lru_cache(maxsize=4096)
def _verified(token: str) -> Claims:
    """Check the signature, once per token; all else is checked every time.

    What is refused is not remembered: its key may become known.
    """
    claims = decode_token(token)
    return Claims(
        UUID(claims["sid"]),
        str(claims["jti"]),
        claims["org"],
        claims["type"],
        float(claims["exp"]),
        str(jwt.get_unverified_header(token).get("kid", FIRST)),
    )
