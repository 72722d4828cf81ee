"""The markers: a spec says by which verb it is called, a plugin marks its own part.

Six verbs and no more. They differ in who is asked and in what an error costs:

``asks``      may this happen? Any refusal wins; an error refuses.
``first``     the first answer that is not None; an error passes on to the next.
``collects``  everyone's answers; an error costs only that answer.
``joins``     everyone writes inside the caller's transaction; an error aborts it.
``tells``     news, after commit, once per subscriber; an error is retried.

The sixth, ``call``, needs no spec: it runs one action, registered by name.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pluggy

PROJECT = "archivolt"

F = TypeVar("F", bound=Callable[..., Any])

_hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


def _spoken(verb: str) -> Callable[[F], F]:
    def mark(function: F) -> F:
        function.__dict__["archivolt_verb"] = verb
        return _hookspec(function)

    return mark


asks = _spoken("ask")
first = _spoken("first")
collects = _spoken("collect")
joins = _spoken("join")
tells = _spoken("tell")


def verb_of(spec: Callable[..., Any]) -> str:
    """Return the verb by which a hook is to be called."""
    verb: str = spec.__dict__["archivolt_verb"]
    return verb
