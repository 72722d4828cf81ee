"""Start granian's WSGI worker in this process, as its own supervisor would."""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

# As Any: the type stubs that granian ships lag behind its signatures.
import granian._futures as futures
import granian._granian as library
from granian.http import HTTP1Settings

from archivolt_host.cli.run.gateway import Gateway

if TYPE_CHECKING:
    from archivolt_host.cli.run.web import WebSettings

rust: Any = library
python: Any = futures


def start_worker(
    gateway: Gateway,
    listener: socket.socket,
    settings: "WebSettings",
    *,
    on_end: Callable[[], None],
) -> Callable[[], None]:
    """Start the runtime and its threads; return what asks them to finish."""
    stop = rust.WorkerSignal()
    stop.add_cb(on_end)
    loop = asyncio.new_event_loop()  # asked for, and unused by WSGI
    callback = python._new_cbscheduler(loop, gateway, impl_asyncio=True)
    _worker(listener, settings).serve_mtr(callback, loop, stop)
    return stop.set  # type: ignore[no-any-return]


def _worker(listener: socket.socket, settings: "WebSettings") -> Any:
    # Granian closes what it is given: a copy of ours, which other processes share.
    holder = rust.SocketHolder(os.dup(listener.fileno()), False, settings.backlog)
    timeout = round(settings.header_timeout * 1000)
    return rust.WSGIWorker(
        1,
        (None, holder),
        None,
        py_threads=settings.threads,
        backpressure=settings.connections,
        http_mode="1",
        http1_opts=HTTP1Settings(header_read_timeout=timeout),
    )
