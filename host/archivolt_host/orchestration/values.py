"""Inputs and outputs: declared as types, kept as JSON, given back as they were."""

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Union, get_args, get_origin
from uuid import UUID

from archivolt_host.orchestration.steps import Finish
from archivolt_host.written import refuse_unwritable

PLAIN: tuple[Any, ...] = (str, int, float, bool, None, type(None), UUID, datetime, Any)
LISTS: tuple[Any, ...] = (list, tuple, set, frozenset, Sequence)
MAPS: tuple[Any, ...] = (dict, Mapping)
UNIONS: tuple[Any, ...] = (Union, types.UnionType)
PLAINLY = "str, int, float, bool, UUID, datetime, and lists and dicts of them"


def is_plain(wanted: Any) -> bool:
    """Return whether values of a type survive in JSON."""
    origin, arguments = get_origin(wanted) or wanted, get_args(wanted)
    if origin in UNIONS or origin in LISTS:
        return all(is_plain(one) for one in arguments if one is not Ellipsis)
    if origin in MAPS:
        return not arguments or (arguments[0] is str and is_plain(arguments[1]))
    return wanted in PLAIN or wanted is Finish


def plain(value: Any, what: str) -> Any:
    """Return a value as JSON has it; refuse objects."""
    found = _plain(value)
    refuse_unwritable(f"{what} must be {PLAINLY}, not objects", found)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(one) for one in value)
    return value


def typed(wanted: Any, value: Any) -> Any:
    """Give a value from JSON its type back."""
    origin, arguments = get_origin(wanted) or wanted, get_args(wanted)
    if value is None or wanted in (Any, Finish):
        return value
    if origin in UNIONS:
        kinds = [one for one in arguments if one not in (type(None), Finish)]
        return typed(kinds[0], value) if len(kinds) == 1 else value
    if wanted is UUID:
        return UUID(value)
    if wanted is datetime:
        return datetime.fromisoformat(value)
    if origin in LISTS:
        item = arguments[0] if arguments else Any
        made = list if origin is Sequence else origin
        return made(typed(item, one) for one in value)
    if origin in MAPS and arguments:
        return {key: typed(arguments[1], one) for key, one in value.items()}
    return value


def signature_of(kind: Any) -> inspect.Signature:
    """Return how a class is called, without ``self``, its types read."""
    return _signature(kind.__init__)


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if function is object.__init__:
        return inspect.Signature()
    signature = inspect.signature(function, eval_str=True)
    _, *parameters = signature.parameters.values()
    return signature.replace(parameters=parameters)


def inputs_of(kind: type[Any]) -> dict[str, Any]:
    """Return the declared inputs of an orchestrator: its constructor's arguments."""
    parameters = signature_of(kind).parameters
    return {name: one.annotation for name, one in parameters.items()}


def output_of(do: Callable[[], Any]) -> Any:
    """Return the declared output of a step: what its function says it returns."""
    return _returned(getattr(do, "__func__", do))


@cache
def _returned(function: Callable[..., Any]) -> Any:
    return inspect.get_annotations(function, eval_str=True).get("return", Any)
