"""The rules of the sessions domain. Knows no SQL and no HTTP."""

from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from archivolt_core_identity.sessions.models import (
    COOKIE,
    REUSED,
    REVOKED,
    SIGNED_OUT,
    TOKENS,
    Session,
)
from archivolt_core_identity.sessions.service import sessions
from archivolt_core_identity.users.models import ACTIVE
from archivolt_host.kit.context import actor, origin
from archivolt_host.kit.db import after_rollback, now
from archivolt_host.kit.errors import NotFoundError, StaleError

# Two tabs may renew at once: who comes second within this time is no thief.
PATIENCE = timedelta(seconds=10)
MAX_AGENT = 200
KEPT = timedelta(days=30)  # after its end, for those who look who signed in


def digest(proof: str) -> str:
    """Return what is stored of a proof that only its holder knows."""
    return sha256(proof.encode()).hexdigest()


def begin(
    user_id: UUID, kind: str, proof: str, lifetime: float, **more: Any
) -> Session:
    """Note a sign-in; ``more`` says who acts, and why, where it is not the user."""
    return sessions.create(
        user_id=user_id,
        kind=kind,
        proof=digest(proof),
        expires_at=now() + timedelta(seconds=lifetime),
        address=origin().address,
        user_agent=origin().user_agent[:MAX_AGENT],
        **more,
    )


def holder(id: UUID) -> Any:
    """Return the active user of a session that is open, or None."""
    found = sessions.holder(id)
    if found is None or found.ended_at is not None or found.state != ACTIVE:
        return None
    return found if found.expires_at > now() else None


def begin_cookie(user_id: UUID, lifetime: float, old: str | None) -> str:
    """Note a browser's sign-in and return what its cookie is to hold.

    It is always new: whoever planted the old one knows nothing about it.
    """
    if old is not None and (found := _parsed(old)) is not None:
        session = sessions.find(found[0])
        if session is not None and _proves(session, found[1]):
            sessions.end(session.id, SIGNED_OUT)
    proof = token_urlsafe(32)
    return f"{begin(user_id, COOKIE, proof, lifetime).id.hex}.{proof}"


def by_cookie(cookie: str) -> tuple[UUID, Any] | None:
    """Return the session of a cookie, and its user, or None."""
    found = _parsed(cookie)
    user = holder(found[0]) if found is not None else None
    if found is None or user is None or not _proves(user, found[1]):
        return None
    return found[0], user


def _parsed(cookie: str) -> tuple[UUID, str] | None:
    id, _, proof = cookie.partition(".")
    try:
        return UUID(hex=id), proof
    except ValueError:
        return None


def _proves(session: Any, proof: str) -> bool:
    return bool(session.kind == COOKIE and compare_digest(session.proof, digest(proof)))


def renew(id: UUID, proof: str, new_proof: str, lifetime: float) -> Any:
    """Exchange a session's proof for a new one and return its holder, or None.

    Of many who come with the same proof one wins. Who comes with it later holds a
    copy: nobody knows which of the two is the thief, so the session ends.
    """
    moment = now()
    session, user = sessions.find(id), holder(id)
    if session is None or user is None or session.kind != TOKENS:
        return None
    if session.proof != digest(proof):
        if moment - session.renewed_at > PATIENCE:
            after_rollback(lambda: sessions.end(id, REUSED))
        return None
    try:
        sessions.update(
            session,
            proof=digest(new_proof),
            renewed_at=moment,
            expires_at=moment + timedelta(seconds=lifetime),
        )
    except StaleError:
        return None
    return user


def sign_out(id: UUID) -> None:
    """End a session of the one who asks; another's is not there for them."""
    session = sessions.find(id)
    if session is None or session.user_id != actor().id:
        raise NotFoundError("Session", id)
    sessions.end(id, SIGNED_OUT)


def sign_out_everywhere(user_id: UUID) -> None:
    """End everything that a user has open."""
    sessions.end_all(user_id, REVOKED)


def forget_old() -> int:
    """Delete sessions that expired long ago; return how many."""
    return sessions.forget(now() - KEPT)
