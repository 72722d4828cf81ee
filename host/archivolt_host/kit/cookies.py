"""The cookie by which browsers stay signed in, for the plugin that signs them in."""

from archivolt_host.http.browsers import csrf_token, session_of, set_session

__all__ = ["csrf_token", "session_of", "set_session"]
