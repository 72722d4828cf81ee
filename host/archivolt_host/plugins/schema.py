"""JSON Schema of a plugin's settings, for editors and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archivolt_host.plugins import units
from archivolt_host.plugins.settings import Setting, written

if TYPE_CHECKING:
    from archivolt_host.plugins.metadata import PluginInfo

_COUNT = {"type": "integer", "minimum": 0}
_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "duration": {
        "anyOf": [_COUNT, {"type": "string", "pattern": units.DURATION_PATTERN}]
    },
    "size": {"anyOf": [_COUNT, {"type": "string", "pattern": units.SIZE_PATTERN}]},
    "url": {"type": "string", "format": "uri"},
    "cron": {"type": "string"},
    "email": {"type": "string", "format": "email"},
    "time_zone": {"type": "string"},
    "time": {"type": "string"},
    "dates": {"type": "array", "items": {"type": "string", "format": "date"}},
    "list": {"type": "array", "items": {"type": "string"}},
    "networks": {"type": "array", "items": {"type": "string"}},
    "rates": {
        "type": "array",
        "items": {"type": "string", "pattern": units.RATE_PATTERN},
    },
}


def json_schema(info: PluginInfo) -> dict[str, Any]:
    """Describe a plugin's settings as a JSON Schema object."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": info.name,
        "type": "object",
        "properties": {name: _property(one) for name, one in info.settings.items()},
        "required": sorted(n for n, one in info.settings.items() if one.required),
        "additionalProperties": False,
    }


def _property(setting: Setting) -> dict[str, Any]:
    schema = {"description": setting.summary, "x-scope": setting.scope}
    if setting.secret:
        return {**schema, "type": "string", "writeOnly": True}
    schema |= _shape(setting)
    if setting.default is not None:
        schema["default"] = written(setting, setting.default)
    return schema


def _shape(setting: Setting) -> dict[str, Any]:
    shape = dict(_TYPES[setting.type])
    if setting.choices and setting.type == "list":
        shape["items"] = {"type": "string", "enum": list(setting.choices)}
    elif setting.choices:
        shape["enum"] = list(setting.choices)
    if setting.type in ("integer", "number"):
        shape |= _limits(setting)
    return shape


def _limits(setting: Setting) -> dict[str, Any]:
    limits = {"minimum": setting.minimum, "maximum": setting.maximum}
    return {key: limit for key, limit in limits.items() if limit is not None}
