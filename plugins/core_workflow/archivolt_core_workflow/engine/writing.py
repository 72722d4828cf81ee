"""Definitions as text: JSON or YAML, in and out."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from archivolt_host.kit.errors import InvalidError

LARGEST = 256 * 1024  # bytes
DEEPEST = 60
KEPT = ("null", "int", "float")
YES_AND_NO = re.compile(r"(?:true|false)\Z")


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """YAML as JSON has it: yes, no, on, off and dates are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, how) for tag, how in resolvers if tag.rpartition(":")[2] in KEPT]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", YES_AND_NO, list("tf"))


def from_json(text: bytes) -> Any:
    """Return what the text says, or raise InvalidError."""
    _refuse_large(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidError("The body is not valid JSON.") from error


def from_yaml(text: bytes) -> Any:
    """Return what the text says; references, which could grow, are refused."""
    _refuse_large(text)
    try:
        _refuse_references(text)
        found = yaml.load(text, _Loader)  # noqa: S506 - it is a CSafeLoader
        json.dumps(found, allow_nan=False)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        said = str(error).replace("\n", " ")[:200]
        raise InvalidError(f"The body is not valid YAML: {said}.") from error
    return found


def _refuse_large(text: bytes) -> None:
    if len(text) > LARGEST:
        raise InvalidError(f"A definition has at most {LARGEST:,} bytes.")


def _refuse_references(text: bytes) -> None:
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("anchors and aliases are not understood")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} deep")


def to_yaml(source: Mapping[str, Any]) -> str:
    """Return a definition as YAML."""
    text: str = yaml.safe_dump(dict(source), sort_keys=False, allow_unicode=True)
    return text


def to_json(source: Mapping[str, Any]) -> str:
    """Return a definition as JSON that people can read."""
    return json.dumps(source, indent=2, ensure_ascii=False) + "\n"
