"""Forms in JSON Schema, checked in linear time and without looking anything up."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from archivolt_host.kit.errors import InvalidError

LARGEST = 32 * 1024  # characters of a schema
MOST_DATA = 64 * 1024  # characters of what is filled in
MOST_SHOWN = 20


def unusable(schema: Any) -> str | None:
    """Return why a schema cannot be a form, or None."""
    text = json.dumps(schema)
    if len(text) > LARGEST:
        return f"A form has at most {LARGEST:,} characters."
    if '"$ref"' in text or '"$dynamicRef"' in text:
        return "A form is whole: it holds no $ref."
    fields = schema.get("properties", {})
    if not isinstance(fields, Mapping) or not all(n.isidentifier() for n in fields):
        return "Fields are named with letters, digits and _."
    try:
        _validator(text)
    except ValueError as error:
        return f"It is no JSON Schema: {str(error).partition(chr(10))[0][:200]}"
    return None


@lru_cache(maxsize=500)
def _validator(text: str) -> Any:
    """Return what checks; its patterns never go back on their steps."""
    return jsonschema_rs.Draft202012Validator(
        json.loads(text), pattern_options=jsonschema_rs.RegexOptions()
    )


def check(schema: Mapping[str, Any], filled: Mapping[str, Any]) -> None:
    """Refuse what does not fit the form, field by field."""
    if len(json.dumps(filled)) > MOST_DATA:
        raise InvalidError(f"At most {MOST_DATA:,} characters of data.")
    errors: dict[str, list[str]] = {}
    for error in _validator(json.dumps(schema)).iter_errors(filled):
        place = ".".join(["data", *map(str, error.instance_path)])
        errors.setdefault(place, []).append(error.message[:300])
        if len(errors) >= MOST_SHOWN:
            break
    if errors:
        raise InvalidError("The form is not filled in as it asks for.", errors)
