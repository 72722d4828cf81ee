"""Hears which addresses a plugin's own code connects to."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ears: list[tuple[str, set[str]]] = []
_hung: list[bool] = []


@contextmanager
def to_connections(package: Path) -> Iterator[set[str]]:
    """Collect the hosts that code below ``package`` connects to, by itself or not."""
    if not _hung:  # an audit hook stays for as long as the process
        sys.addaudithook(_hear)
        _hung.append(True)
    reached: set[str] = set()
    _ears.append((str(package), reached))
    try:
        yield reached
    finally:
        _ears.pop()


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _ears or event not in ("socket.connect", "socket.getaddrinfo"):
        return
    folder, reached = _ears[-1]
    address = arguments[1] if event == "socket.connect" else arguments[0]
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if isinstance(host, str) and not host.startswith("/") and _is_inside(folder):
        reached.add(host)


def _is_inside(folder: str) -> bool:
    """Return whether code below a folder is at work in this thread."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith(folder):
            return True
        frame = frame.f_back
    return False
