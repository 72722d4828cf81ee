"""What a plugin's code may reach beyond itself: others' actions, and the network.

While code of a plugin is at work, the host knows whose it is. That is enough to hold
an honest plugin to what its plugin.toml asks for, and to name it where it goes further.
It is no sandbox: code in this process can start threads, load C libraries and change
what it likes. Install only plugins that you would run as yourself.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from archivolt_host.errors import NotGrantedError

CONNECT, RESOLVE = "socket.connect", "socket.getaddrinfo"

ALL = ("*",)


@dataclass(frozen=True)
class Grants:
    """Patterns of servers or actions; what both lists name is granted."""

    asked: tuple[str, ...] = ()  # in the plugin's own plugin.toml
    left: tuple[str, ...] = ALL  # in the manifest, which may narrow it

    def shown(self) -> list[str]:
        """Return what is granted, for people to read."""
        narrowed = [one for one in self.left if _fits(one, self.asked)]
        whole = [one for one in self.asked if _fits(one, self.left)]
        return list(dict.fromkeys(whole + narrowed))


_at_work: ContextVar[str | None] = ContextVar("plugin_at_work", default=None)
_resolved: ContextVar[bool] = ContextVar("name_was_granted", default=False)
_grants: Callable[[str, str], Grants] = lambda *_: Grants()  # noqa: E731 - until bound
_own: frozenset[str] = frozenset()
_listens = False

#: What was refused since the process began: the plugin, and what it tried to reach.
refused: set[tuple[str, str]] = set()


def bind(grants: Callable[[str, str], Grants], own: frozenset[str]) -> None:
    """Ask ``grants`` what a plugin may; ``own`` hosts belong to the platform itself."""
    global _grants, _own, _listens
    _grants, _own = grants, own
    if not _listens:  # an audit hook stays for as long as the process
        _listens = True
        sys.addaudithook(_hear)


def plugin_at_work() -> str | None:
    """Return whose code runs right now, None for the host's own."""
    return _at_work.get()


@contextmanager
def at_work(plugin: str | None) -> Iterator[None]:
    """Note whose code the block runs."""
    token, resolved = _at_work.set(plugin), _resolved.set(False)
    try:
        yield
    finally:
        _resolved.reset(resolved)
        _at_work.reset(token)


def check_call(owner: str, action: str) -> None:
    """Refuse a call of another plugin's action that was not asked for."""
    plugin = _at_work.get()
    if plugin is not None and plugin != owner:
        _check(plugin, "call", action, f"call {action}")


def _check(plugin: str, kind: str, wanted: str, deed: str) -> None:
    grants = _grants(plugin, kind)
    if not _fits(wanted, grants.asked):
        refused.add((plugin, wanted))
        raise NotGrantedError(
            f"{plugin} may not {deed}: its plugin.toml does not ask for it. Its author "
            f'adds [grants] {kind} = ["{wanted}"].'
        )
    if not _fits(wanted, grants.left):
        raise NotGrantedError(
            f"{plugin} may not {deed}: the manifest does not grant it. An operator "
            f'adds "{wanted}" to grants.{kind} in [plugins.{plugin}].'
        )


def _fits(wanted: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(wanted, pattern) for pattern in patterns)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    """Let a connection through, or refuse it before it is made."""
    if event not in (CONNECT, RESOLVE):
        return
    plugin = _at_work.get()
    if plugin is None:
        return
    host = _host_of(event, arguments)
    if host is None or host in _own or (event == CONNECT and _resolved.get()):
        return
    _check(plugin, "net", host, f"connect to {host}")
    _resolved.set(event == RESOLVE)  # its addresses come next, as bare numbers


def _host_of(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return the name or address that is wanted; a socket in the files has none."""
    address = arguments[1] if event == CONNECT else arguments[0]
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if not isinstance(host, str) or (
        event == CONNECT and not isinstance(address, tuple)
    ):
        return None
    return host
