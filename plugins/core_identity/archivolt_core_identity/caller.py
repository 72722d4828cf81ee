"""By which session a request came."""

from uuid import UUID

from flask import g, has_request_context

from archivolt_host.kit.context import actor
from archivolt_host.kit.errors import DeniedError


def came_by(session: UUID) -> None:
    """Note the session whose proof the request carries."""
    if has_request_context():
        g.identity_session = session


def current_session() -> UUID | None:
    """Return that session; None where an API key proves who is asking."""
    found: UUID | None = g.get("identity_session")
    return found


def require_session() -> None:
    """Refuse what only a person at a sign-in may do: a key makes no further keys."""
    if current_session() is None:
        raise DeniedError("An API key cannot do this: sign in with a password.")
    if actor().impersonator is not None:
        raise DeniedError("Only the users themselves do this, nobody in their name.")
