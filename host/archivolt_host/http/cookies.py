"""Flask's signed cookie, for whoever has one; for all others it costs nothing."""

from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class Cookies(SecureCookieSessionInterface):
    """Sets up the checking of a signature only where there is one to be checked."""

    def open_session(self, app: Flask, request: Request) -> Any:
        """Return what the cookie holds, or an empty session."""
        if self.get_cookie_name(app) not in request.cookies:
            return SecureCookieSession()
        return super().open_session(app, request)
