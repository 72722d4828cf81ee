"""ETags of versioned resources: ``"<id>-<revision>"``, untouched by background work."""

from typing import Any, Protocol

from flask import Response, request

from archivolt_host.errors import PreconditionRequiredError, StaleError
from archivolt_host.http.stages import is_vault


class Versioned(Protocol):
    """Anything with an id and a revision."""

    id: Any
    revision: Any


def etag(row: Versioned) -> str:
    """Return the entity tag, in its quotes."""
    return f'"{row.id}-{row.revision}"'


def headers(row: Versioned) -> dict[str, str]:
    """Return the headers of an answer that shows one versioned resource."""
    return {"ETag": etag(row), "Cache-Control": "private, no-cache"}


def require_match(row: Versioned) -> None:
    """Refuse a write without ``If-Match`` (428) or with an old one (412).

    At extra mounts, whose clients know no ETags, it is checked only where it is sent.
    """
    sent = request.headers.get("If-Match")
    if sent is None and not is_vault(request.path):
        return
    if sent is None:
        raise PreconditionRequiredError(
            f"Send 'If-Match: {etag(row)}', the ETag you last read (or * to overwrite)."
        )
    tags = request.if_match
    if not tags.star_tag and etag(row).strip('"') not in tags.as_set():
        raise StaleError()


def match_if_sent(row: Versioned) -> None:
    """Refuse an action whose ``If-Match`` is old; without one it passes."""
    if "If-Match" in request.headers:
        require_match(row)


def not_modified(row: Versioned) -> Response | None:
    """Return a 304 if the caller has the current state already."""
    if request.if_none_match.contains_weak(etag(row).strip('"')):
        return Response(status=304, headers=headers(row))
    return None
