"""Compiles schemas into plain functions: a page of fifty documents is dumped at once.

marshmallow asks each field of each row what to do; here that is asked once. Ids and
times stay what they are, the JSON encoder writes them.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from marshmallow import Schema, fields

Dump = Callable[[Any], Any]


def compiled(schema: Schema) -> Dump:
    """Return a function that does what ``schema.dump`` does for one object."""
    plan = [
        (field.data_key or name, field.attribute or name, _converter(field))
        for name, field in schema.dump_fields.items()
    ]
    if all(convert is None for _, _, convert in plan) and len(plan) > 1:
        return _plain([key for key, _, _ in plan], [name for _, name, _ in plan])
    return _converting(plan)


def _plain(keys: list[str], names: list[str]) -> Dump:
    """Only rename: the most common case, one call into C per row."""
    read = attrgetter(*names)

    def dump(obj: Any) -> dict[str, Any]:
        if isinstance(obj, Mapping):
            return {k: obj[n] for k, n in zip(keys, names, strict=True) if n in obj}
        return dict(zip(keys, read(obj), strict=True))

    return dump


def _converting(plan: list[tuple[str, str, Dump | None]]) -> Dump:
    def dump(obj: Any) -> dict[str, Any]:
        shown = {}
        mapping = isinstance(obj, Mapping)
        for key, name, convert in plan:
            if mapping and name not in obj:
                continue
            value = obj[name] if mapping else getattr(obj, name)
            shown[key] = value if convert is None or value is None else convert(value)
        return shown

    return dump


def _converter(field: fields.Field[Any]) -> Dump | None:
    """Return what a field does to a value, or None where it leaves it alone."""
    if isinstance(field, fields.Nested):
        one = compiled(field.schema)
        return (lambda many: [one(v) for v in many]) if field.many else one
    if isinstance(field, fields.List):
        item = _converter(field.inner)
        return None if item is None else lambda values: [item(v) for v in values]
    if isinstance(field, fields.Dict):
        value = _converter(field.value_field) if field.value_field else None
        if value is None:
            return None
        return lambda found: {k: value(v) for k, v in found.items()}
    return None
