"""A browser's session: its cookie, and the proof that a page of ours sent the request.

A browser sends cookies along whoever made it ask, so a write also needs the token that
only our own pages can know: it follows from the cookie, which no script can read.
"""

import hmac

from flask import Request
from werkzeug.http import dump_cookie

NAME = "archivolt_session"
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 - the name of a header
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def session_of(request: Request) -> str | None:
    """Return the cookie of a request; a header that says who is asking wins over it."""
    if "Authorization" in request.headers:
        return None
    return request.cookies.get(NAME) or None


def csrf_token(cookie: str) -> str:
    """Return the token that goes with a cookie."""
    return hmac.new(cookie.encode(), b"archivolt csrf", "sha256").hexdigest()


def is_ours(request: Request, cookie: str) -> bool:
    """Return whether a request changes nothing, or one of our own pages sent it."""
    if request.method in SAFE:
        return True
    sent = request.headers.get(TOKEN_HEADER, "")
    return hmac.compare_digest(sent.encode(), csrf_token(cookie).encode())


def set_session(value: str, seconds: int, *, secure: bool) -> str:
    """Return the header that gives a browser its session; "" takes it away."""
    return dump_cookie(
        NAME,
        value,
        max_age=seconds if value else 0,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
