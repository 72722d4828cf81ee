"""Values of rows as JSON has them: the same for every database."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
    TypeDecorator,
    Uuid,
)

from archivolt_host.archives.errors import ArchiveError
from archivolt_host.tenants.columns import Timestamp


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values: the type that databases keep it as, and how it is read."""

    type: Any
    read: Callable[[Any], Any] | None = None


KINDS = {
    "uuid": Kind(Uuid(), UUID),
    "time": Kind(Timestamp(), datetime.fromisoformat),
    "date": Kind(Date(), date.fromisoformat),
    "json": Kind(Text()),  # as it stands in the database, to the letter
    "bytes": Kind(LargeBinary(), b64decode),
    "boolean": Kind(Boolean()),
    "integer": Kind(BigInteger()),
    "number": Kind(Double()),
    "decimal": Kind(Numeric(), Decimal),
    "text": Kind(Text()),
}
# The first that fits: a Float is a Numeric too.
BY_TYPE: tuple[tuple[type, str], ...] = (
    (Uuid, "uuid"),
    (DateTime, "time"),
    (Date, "date"),
    (JSON, "json"),
    (LargeBinary, "bytes"),
    (Boolean, "boolean"),
    (Integer, "integer"),
    (Float, "number"),
    (Numeric, "decimal"),
    (String, "text"),
)


def kind_of(column: Column[Any]) -> str:
    """Return the name of a column's kind."""
    type = column.type
    if isinstance(type, TypeDecorator):
        type = type.impl_instance
    for known, name in BY_TYPE:
        if isinstance(type, known):
            return name
    raise ArchiveError(
        f"The column {column} has the type {type}, which no archive can hold yet."
    )


def line(values: Any) -> bytes:
    """Return one line of JSON."""
    return orjson.dumps(values, default=_plain, option=orjson.OPT_APPEND_NEWLINE)


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(value)
