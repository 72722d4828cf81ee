"""The rules of the sessions domain. Knows no SQL and no HTTP."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from archivolt_core_identity.sessions.models import (
    REUSED,
    REVOKED,
    SIGNED_OUT,
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


def begin(user_id: UUID, kind: str, proof: str, lifetime: float) -> Session:
    """Note a sign-in."""
    return sessions.create(
        user_id=user_id,
        kind=kind,
        proof=digest(proof),
        expires_at=now() + timedelta(seconds=lifetime),
        address=origin().address,
        user_agent=origin().user_agent[:MAX_AGENT],
    )


def holder(id: UUID) -> Any:
    """Return the active user of a session that is open, or None."""
    found = sessions.holder(id)
    if found is None or found.ended_at is not None or found.state != ACTIVE:
        return None
    return found if found.expires_at > now() else None


def renew(id: UUID, proof: str, new_proof: str, lifetime: float) -> Any:
    """Exchange a session's proof for a new one and return its holder, or None.

    Of many who come with the same proof one wins. Who comes with it later holds a
    copy: nobody knows which of the two is the thief, so the session ends.
    """
    moment = now()
    session, user = sessions.find(id), holder(id)
    if session is None or user is None:
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


def forget_old(before: float) -> None:
    """Delete sessions that expired long before a moment."""
    sessions.forget(datetime.fromtimestamp(before, UTC) - KEPT)
