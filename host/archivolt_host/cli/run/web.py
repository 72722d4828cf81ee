"""The web processes: granian's WSGI worker, run in a fork of the supervisor.

Granian's own supervisor would start fresh interpreters and import everything again.
All web processes accept on one socket that the supervisor opened, so that a process
which dies leaves no connection behind in a queue of its own.
"""

import errno
import http.client
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from wsgiref.types import WSGIApplication

from archivolt_host.cli.run.children import Child
from archivolt_host.cli.run.signals import Signals

if TYPE_CHECKING:
    from archivolt_host.cli.run.gateway import Gateway

LINGER = 2.0  # seconds for the last bytes of an answer to leave
LINGER_SHORT = 0.2  # where others wait for the process that follows
LOOK_AGAIN = 0.1
STOPPING = {signal.SIGTERM, signal.SIGINT}


class PortError(Exception):
    """The address cannot be listened on; the message says what to do."""


@dataclass(frozen=True)
class WebSettings:
    """How one web process serves."""

    threads: int = 8
    #: Open connections, idle ones included: granian's "backpressure" counts these.
    connections: int = 512
    #: Seconds for the headers to arrive, and for an idle connection to stay.
    header_timeout: float = 15.0
    #: Asked at the stop: how many requests will never end, so nobody waits for them.
    lost: Callable[[], int] = lambda: 0
    #: Connections that the kernel keeps until a process accepts them.
    backlog: int = 1024


def open_listener(host: str, port: int) -> socket.socket:
    """Open the socket that all web processes share."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise PortError(_sentence(error, host, port)) from error
    try:
        _configure(listener)
        listener.bind(address)
        listener.listen(WebSettings.backlog)
    except OSError as error:
        listener.close()
        raise PortError(_sentence(error, host, port)) from error
    return listener


def web(
    app: WSGIApplication,
    listener: socket.socket,
    *,
    processes: int = 2,
    settings: WebSettings | None = None,
    health: str = "/",
) -> Child:
    """Declare the web processes of an application built before the fork."""
    serving = partial(serve, app, listener, settings or WebSettings())
    return Child(
        "web", serving, count=processes, ready=partial(answers, listener, health)
    )


def serve(app: WSGIApplication, listener: socket.socket, settings: WebSettings) -> None:
    """Serve until SIGTERM, then finish the requests under way."""
    # Imported here: granian's Rust library must first be used after the fork.
    from archivolt_host.cli.run.gateway import Gateway
    from archivolt_host.cli.run.granian import start_worker

    gateway, done = Gateway(app), threading.Event()
    with Signals() as signals:
        stop = start_worker(gateway, listener, settings, on_end=done.set)
        while not signals.wait(None) & STOPPING:
            pass
        stop()
        # Granian may wait for connections that only idle; we wait for requests.
        while not done.wait(LOOK_AGAIN) and not _is_finished(gateway, settings.lost()):
            pass


def _is_finished(gateway: "Gateway", lost: int) -> bool:
    """Return whether nothing goes on any more; whoever is lost is not waited for."""
    return gateway.idle_for(beside=lost) >= (LINGER_SHORT if lost else LINGER)


def answers(listener: socket.socket, path: str) -> bool:
    """Ask whether a web process answers, whatever its answer is."""
    host, port = reachable(listener)
    connection = http.client.HTTPConnection(host, port, timeout=1.0)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reachable(listener: socket.socket) -> tuple[str, int]:
    """Return an address that a client on this machine can use."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104


def _configure(listener: socket.socket) -> None:
    """Set what the accepted connections inherit."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Granian waits forever for a body; at least notice clients that are gone.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10)):
        if hasattr(socket, option):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _sentence(error: OSError, host: str, port: int) -> str:
    another = "Set ARCHIVOLT_PORT to a free one."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program. {another}"
    if error.errno == errno.EACCES:
        return f"Port {port} needs rights that you do not have. {another}"
    return (
        f"This machine cannot listen on {host}: {error.strerror or error}."
        " Set ARCHIVOLT_HOST to an address of this machine."
    )
