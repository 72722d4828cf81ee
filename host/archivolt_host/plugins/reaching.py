"""Reads from what Python tells of its sockets which server somebody wants to reach.

A program asks for a name, then connects to one of its addresses as a bare number. So
it is noted which names the addresses were looked up by.
"""

import socket
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

BY_NAME = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
EVENTS = BY_NAME | {"socket.connect", "socket.sendto", "socket.sendmsg"}
MOST = 10_000  # addresses that are remembered

_names: dict[str, frozenset[str]] = {}


def wanted(event: str, arguments: tuple[Any, ...]) -> list[str]:
    """Return the server, then the names it goes by; a socket in the files has none."""
    place = arguments[0] if event in BY_NAME else arguments[1]
    if event not in BY_NAME and not isinstance(place, tuple):
        return []
    host = _text(place[0] if isinstance(place, tuple) else place)
    if host is None:
        return []
    return [host] if event in BY_NAME else [host, *_names.get(host, ())]


def note_names() -> None:
    """Have every look-up of a name remembered, whoever asks."""
    get, by_name = socket.getaddrinfo, socket.gethostbyname
    socket.getaddrinfo = _noting(get, lambda all: [one[4][0] for one in all])
    socket.gethostbyname = _noting(by_name, lambda one: [one])


def _noting(look_up: Any, addresses: Callable[[Any], Iterable[Any]]) -> Any:
    @wraps(look_up)
    def noting(host: Any, *more: Any, **named: Any) -> Any:
        found = look_up(host, *more, **named)
        name = _text(host)
        for address in addresses(found) if name else ():
            _note(str(address), str(name))
        return found

    return noting


def _note(address: str, name: str) -> None:
    if len(_names) >= MOST and address not in _names:
        _names.clear()  # they are looked up again with the next connection
    _names[address] = _names.get(address, frozenset()) | {name}


def _text(host: Any) -> str | None:
    if isinstance(host, bytes):
        return host.decode(errors="replace")
    return host if isinstance(host, str) else None
