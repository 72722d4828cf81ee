"""Who may go a way: asked before what state it is in, so that 403 comes before 409."""

from collections.abc import Callable, Mapping
from typing import Any

from archivolt_core_workflow.engine.model import Definition, Transition
from archivolt_host.kit.errors import DeniedError, RefusedError

May = Callable[[str], bool]


def refuse_stranger(ways: list[Transition], may: May, facts: Mapping[str, Any]) -> None:
    """Raise DeniedError unless one of the ways of a name is open to the actor."""
    if not ways or any(is_open(way, may, facts) for way in ways):
        return
    missing = next((w.permission for w in ways if w.permission), None)
    if missing is not None and not may(missing):
        raise DeniedError(f"This needs the permission {missing}.")
    raise DeniedError(f"It is not for you to {ways[0].title} this.")


def is_open(way: Transition, may: May, facts: Mapping[str, Any]) -> bool:
    """Return whether the actor is one of those whom a way is for."""
    if way.permission is not None and not may(way.permission):
        return False
    if way.roles and not way.roles.intersection(facts["actor.roles"]):
        return False
    return way.allow is None or way.allow.holds(facts)


def named(definition: Definition, name: str) -> list[Transition]:
    """Return all ways of that name, wherever they begin."""
    return [way for way in definition.transitions() if way.name == name]


def refuse_guarded(way: Transition, facts: Mapping[str, Any]) -> None:
    """Raise RefusedError where the guard is not true, or cannot be told."""
    if way.guard is not None and not way.guard.holds(facts):
        raise RefusedError(
            f"{way.title} is not possible now: its guard '{way.guard.text}' does not "
            "hold."
        )
