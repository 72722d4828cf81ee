"""What granian calls for each request: the door to a WSGI application.

It replaces granian's own wrapper, which puts the process's whole environment, secrets
included, into each request, and calls a request body complete when the client left.
"""

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from wsgiref.types import WSGIApplication

Headers = list[tuple[str, str]]


class Answering(Protocol):
    """The half of granian's protocol that sends an answer."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""

    def response_iter(self, status: int, headers: Headers, body: "Pieces") -> None:
        """Send an answer piece by piece; return when the last one is handed over."""


class Start:
    """WSGI's ``start_response``: it keeps the status and the headers."""

    __slots__ = ("headers", "status")

    def __call__(
        self, status: str, headers: Headers, exc_info: object = None
    ) -> Callable[[bytes], object]:
        """Note the answer's status and headers."""
        self.status = int(status[:3])
        self.headers = headers
        return _refuse_write


class Pieces:
    """The body as granian wants it: ``__next__`` and ``close``, always both."""

    __slots__ = ("__next__", "_body")

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body
        self.__next__ = iter(body).__next__

    def close(self) -> None:
        """Tell the application that its answer is sent, or that the client left."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


class Gateway:
    """Call the application, and know whether any request is under way."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._busy: set[int] = set()
        self._idle_since = time.monotonic()
        self._common: dict[str, Any] = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SCRIPT_NAME": "",
            "SERVER_SOFTWARE": "granian",
            "wsgi.errors": sys.stderr,
            "wsgi.multiprocess": True,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.version": (1, 0),
        }

    def __call__(self, answer: Answering, request: dict[str, Any]) -> None:
        """Answer one request, in one of granian's threads."""
        ticket = id(request)
        self._busy.add(ticket)
        try:
            self._answer(answer, request)
        finally:
            self._busy.discard(ticket)
            self._idle_since = time.monotonic()

    def idle_for(self, beside: int = 0) -> float:
        """Return for how many seconds no request, or no more, has been under way."""
        busy = len(self._busy) > beside
        return 0.0 if busy else time.monotonic() - self._idle_since

    def _answer(self, answer: Answering, request: dict[str, Any]) -> None:
        environ = self._common | request
        if "CONTENT_LENGTH" not in request:
            # With a length werkzeug counts instead: granian ends a broken upload
            # like a whole one.
            environ["wsgi.input_terminated"] = True
        start = Start()
        body = self._app(environ, start)
        if isinstance(body, list):
            answer.response_bytes(start.status, start.headers, b"".join(body))
        else:
            answer.response_iter(start.status, start.headers, Pieces(body))


def _refuse_write(_: bytes) -> object:
    raise NotImplementedError("Return the body from the application instead.")
