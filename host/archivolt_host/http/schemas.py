"""The base of every schema, and what all lists understand."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate

from archivolt_host.http import dumping

MAX_LIMIT = 200
MAX_DEPTH = 100  # of lists and objects in each other


WANTED = "Give a time with its zone, as in 2026-01-31T12:00:00Z."


class Moment(fields.AwareDateTime):
    """A time in RFC 3339; without a time zone it is refused."""

    def __init__(self, **options: Any) -> None:
        messages: Any = {"invalid": WANTED, "invalid_awareness": WANTED}
        super().__init__(
            format="iso", default_timezone=None, error_messages=messages, **options
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> Any:
        try:
            # In UTC already here: near the ends of time there is none.
            return super()._deserialize(value, attr, data, **options).astimezone(UTC)
        except (OverflowError, ValueError) as error:
            raise ValidationError(WANTED) from error


class BaseSchema(Schema):
    """Refuses unknown fields, and text that a database cannot hold.

    Dumping is compiled: see ``dumping``.
    """

    class Meta:
        """Unknown fields are errors, so that a misspelt one is noticed."""

        unknown = RAISE

    _dump: Callable[[Any], Any] | None = None

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """Return what the API shows; times and ids are left to the JSON encoder."""
        if self._dump is None:
            self._dump = dumping.compiled(self)
        if self.many if many is None else many:
            return [self._dump(one) for one in obj]
        return self._dump(obj)

    @pre_load
    def refuse_unstorable(self, data: Any, **_: Any) -> Any:
        """Refuse NUL and half characters anywhere in the text, and deep nesting."""
        if not storable(data):
            raise ValidationError("Text holds a character that cannot be stored.")
        return data


def storable(value: Any, depth: int = 0) -> bool:
    """Return whether a database can hold all text in a value.

    What is nested deeper than JSON can be written is refused at once.
    """
    if isinstance(value, str):
        if "\x00" in value:
            return False
        return value.isascii() or _encodable(value)
    if depth > MAX_DEPTH:
        raise ValidationError(f"Nested more than {MAX_DEPTH} deep.")
    if isinstance(value, Mapping):
        return all(storable(k) and storable(v, depth + 1) for k, v in value.items())
    if isinstance(value, list):
        return all(storable(v, depth + 1) for v in value)
    return True


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class QuerySchema(BaseSchema):
    """A query string. ``org`` in it never counts, so it is no error either."""

    @pre_load
    def ignore_org(self, data: Any, **_: Any) -> Any:
        """Drop ``?org=``: the tenant is in the header."""
        return {k: v for k, v in data.items() if k != "org"}


class Sort(fields.String):
    """What a list can be sorted by, with "-" before it to descend."""

    def __init__(self, *names: str, default: str = "-created_at") -> None:
        both = [sort for name in names for sort in (name, f"-{name}")]
        super().__init__(load_default=default, validate=validate.OneOf(both))


class ListQuery(QuerySchema):
    """How to page through a list: subclass it to add filters."""

    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, MAX_LIMIT), strict=False
    )
    cursor = fields.String(load_default=None, validate=validate.Length(1, 2000))
    count = fields.Boolean(load_default=False)


class ProblemSchema(Schema):
    """An RFC 9457 problem document."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


_pages: dict[type[Schema], type[Schema]] = {}


def page_of(schema: type[Schema]) -> type[Schema]:
    """Return the schema of a page of such items: ``{items, next}``."""
    if schema not in _pages:
        name = schema.__name__.removesuffix("Schema") + "Page"
        _pages[schema] = type(
            name,
            (BaseSchema,),
            {
                "__doc__": "A page of a list; ``next`` leads on, null ends it.",
                "items": fields.List(fields.Nested(schema), required=True),
                "next": fields.String(required=True, allow_none=True),
                "count": fields.Integer(),
            },
        )
    return _pages[schema]
