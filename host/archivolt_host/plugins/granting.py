"""What a plugin's code may reach beyond itself: others' actions, and the network.

While code of a plugin is at work, the host knows whose it is. That is enough to hold
an honest plugin to what its plugin.toml asks for, and to name it where it goes further.
It is no sandbox: threads and processes that it starts, C libraries and SQL are not
held, and code in this process can change what it likes. Install only plugins that you
would run as yourself.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any

from archivolt_host.errors import NotGrantedError
from archivolt_host.plugins import reaching

ALL = ("*",)


@dataclass(frozen=True)
class Grants:
    """Patterns of servers or actions; what both lists name is granted."""

    asked: tuple[str, ...] = ()  # in the plugin's own plugin.toml
    left: tuple[str, ...] = ALL  # in the manifest, which may narrow it

    def allow(self, wanted: str) -> bool:
        """Return whether something is granted."""
        return _fits(wanted, self.asked) and _fits(wanted, self.left)

    def shown(self) -> list[str]:
        """Return what is granted, for people to read."""
        narrowed = [one for one in self.left if _fits(one, self.asked)]
        whole = [one for one in self.asked if _fits(one, self.left)]
        return list(dict.fromkeys(whole + narrowed))


_at_work: ContextVar[str | None] = ContextVar("plugin_at_work", default=None)
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
        reaching.note_names()
        sys.addaudithook(_hear)


def plugin_at_work() -> str | None:
    """Return whose code runs right now, None for the host's own."""
    return _at_work.get()


@contextmanager
def at_work(plugin: str | None) -> Iterator[None]:
    """Note whose code the block runs."""
    token = _at_work.set(plugin)
    try:
        yield
    finally:
        _at_work.reset(token)


def held(plugin: str | None, function: Callable[..., Any]) -> Callable[..., Any]:
    """Have a function always run as a plugin's code."""

    @wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        with at_work(plugin):
            return function(*arguments, **named)

    return run


def kept(callback: Callable[[], object]) -> Callable[[], object]:
    """Have a callback run later as the code of whoever leaves it here."""
    return held(_at_work.get(), callback)


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
    """Let a connection or a datagram through, or refuse it before it leaves."""
    plugin = _at_work.get() if event in reaching.EVENTS else None
    if plugin is None:
        return
    names = reaching.wanted(event, arguments)
    grants = _grants(plugin, "net")
    if any(name in _own or grants.allow(name) for name in names):
        return
    for host in names[:1]:
        _check(plugin, "net", host, f"connect to {host}")
