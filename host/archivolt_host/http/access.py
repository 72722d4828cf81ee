"""What a route demands of its caller: declared beside the view, checked before it.

A route that declares nothing is closed: 401 to strangers, 403 to everyone else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask

F = TypeVar("F", bound=Callable[..., Any])

ATTRIBUTE = "archivolt_access"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in.

    ``permission`` None with ``public`` False means closed, "" any signed-in user.
    ``tenantless`` routes need no ``Org``; ``streams`` may send more than JSON limits.
    ``signs_in`` routes are open to guessing, ``probe`` ones are asked by machines all
    the time: the one is limited more, the other not at all.
    """

    permission: str | None = None
    public: bool = False
    tenantless: bool = False
    streams: bool = False
    reads: bool = False
    signs_in: bool = False
    probe: bool = False


CLOSED = Access()


def requires(
    permission: str, *, streams: bool = False, reads: bool = False
) -> Callable[[F], F]:
    """Let in whoever holds the permission.

    ``reads`` opens a read transaction although the method is not GET.
    """
    return _declare(Access(permission, streams=streams, reads=reads))


def signed_in() -> Callable[[F], F]:
    """Let in whoever has signed in."""
    return _declare(Access(""))


def public(
    *, tenantless: bool = False, signs_in: bool = False, probe: bool = False
) -> Callable[[F], F]:
    """Let in everyone: the route appears on the published list.

    ``signs_in`` where secrets can be guessed: ``limit_sign_in`` holds there too.
    """
    return _declare(
        Access(public=True, tenantless=tenantless, signs_in=signs_in, probe=probe)
    )


def _declare(access: Access) -> Callable[[F], F]:
    def mark(view: F) -> F:
        setattr(view, ATTRIBUTE, access)
        return view

    return mark


Table = dict[tuple[str, str], Access]


def table_of(app: Flask) -> Table:
    """Return what each endpoint and method demands."""
    table: Table = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in rule.methods or ():
            table[rule.endpoint, method] = _access_of(view, method)
    return table


def _access_of(view: Any, method: str) -> Access:
    found: Access
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        found = getattr(view, ATTRIBUTE, CLOSED)
        return found
    handler = getattr(view_class, method.lower(), None)
    if handler is None and method == "HEAD":
        handler = getattr(view_class, "get", None)
    found = getattr(handler, ATTRIBUTE, getattr(view_class, ATTRIBUTE, CLOSED))
    return found
