"""Actions of other plugins, as definitions ask for them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archivolt_core_workflow.engine.guards import Expr, Value
from archivolt_core_workflow.engine.model import Deed
from archivolt_core_workflow.running import people
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import hooks
from archivolt_host.kit.context import acting_as
from archivolt_host.kit.errors import RefusedError


def do(deed: Deed, facts: Mapping[str, Any], starter: UUID) -> Any:
    """Run an action as whoever acts, or as the starter where only time acts."""
    given = worked_out(deed.given, facts, deed.name)
    with acting_as(responsible(starter)):
        return hooks.call(deed.name, **given)


def responsible(starter: UUID) -> Actor:
    """Return with whose rights an action is run: never with those of the system."""
    found = people.answerable(starter)
    if found is None:
        raise RefusedError(
            "Who started it is not active any more: nobody's rights are left for it."
        )
    return found


def worked_out(
    given: Mapping[str, Value], facts: Mapping[str, Any], what: str
) -> dict[str, Any]:
    """Return values with their expressions worked out."""
    return {name: _value(name, said, facts, what) for name, said in given.items()}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as an instance keeps them: ids are text."""
    return {k: str(v) if isinstance(v, UUID) else v for k, v in values.items()}


def _value(name: str, said: Value, facts: Mapping[str, Any], what: str) -> Any:
    if not isinstance(said, Expr):
        return said
    found = said.value(facts)
    if found is None:
        raise RefusedError(f"{what}: '{said.text}' gives no value for {name}.")
    return _id(found)


def _id(value: Any) -> Any:
    """Give ids their type back: actions take them as the program has them."""
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else value
    except ValueError:
        return value


def is_external(deed: Deed) -> bool:
    """Return whether an action leaves the database."""
    action = hooks.action_or_none(deed.name)
    return action is not None and action.kind == "external"
