"""What actions are called with, held against what each of them declares."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError

from archivolt_hookspecs.registration import Action
from archivolt_host.errors import InvalidError, flatten

DISABLED_ACTIONS = "disabled_actions"  # a plugin's setting that names those


def checked(action: Action, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as the action takes them, or raise what is wrong."""
    if action.schema is None:
        if unknown := sent.keys() - set(action.arguments):
            raise TypeError(f"{action.name} takes no {', '.join(sorted(unknown))}")
        return dict(sent)
    try:
        loaded: dict[str, Any] = _schema(action.schema).load(_plain(sent))
    except ValidationError as error:
        raise InvalidError.by_field(error.messages) from error
    return loaded


def problems(
    action: Action, sent: Mapping[str, Any], later: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return what is wrong by argument; those named ``later`` are not known yet."""
    if action.schema is None:
        unknown = sorted({*sent, *later} - set(action.arguments))
        return {name: [f"{action.name} takes no {name}."] for name in unknown}
    known = {name: None for name in later if name not in action.arguments}
    found = _schema(action.schema).validate(
        _plain({**known, **sent}), partial=tuple(later)
    )
    return flatten(found) if found else {}


def switched_off(action: str, plugin: str) -> str:
    """Say that an action is switched off, and where it is switched on again."""
    return (
        f"The action {action} is switched off here: an administrator takes it out of "
        f"{DISABLED_ACTIONS}, a setting of the plugin {plugin}."
    )


@cache
def _schema(kind: type[Schema]) -> Schema:
    return kind()


def _plain(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Write ids as clients do: code in the same process has them typed."""
    return {k: str(v) if isinstance(v, UUID) else v for k, v in sent.items()}
