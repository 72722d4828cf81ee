"""What a request says of its caller beyond who it is: where from, by which session."""

from uuid import UUID

from flask import g, has_request_context, request

MAX_AGENT = 200


def address() -> str:
    """Return the address that a request comes from, "" outside of any."""
    return (request.remote_addr or "")[:64] if has_request_context() else ""


def user_agent() -> str:
    """Return what the caller calls its program, "" outside of any request."""
    if not has_request_context():
        return ""
    return request.headers.get("User-Agent", "")[:MAX_AGENT]


def came_by(session: UUID) -> None:
    """Note the session whose proof the request carries."""
    if has_request_context():
        g.identity_session = session


def current_session() -> UUID | None:
    """Return that session; None where an API key proves who is asking."""
    found: UUID | None = g.get("identity_session")
    return found
