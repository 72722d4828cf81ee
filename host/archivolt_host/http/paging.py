"""Keyset paging: a cursor names the last row seen, so late pages cost no more."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import ColumnElement, Select, and_, or_

from archivolt_host.errors import InvalidError

Key = tuple[ColumnElement[Any], bool]  # a column, and whether it descends


@dataclass(frozen=True)
class Page:
    """What part of a list is wanted; ``sort`` is a field, "-" before it descends."""

    limit: int = 50
    cursor: str | None = None
    sort: str = "-created_at"
    count: bool = False
    bound_to: str = ""

    @classmethod
    def of(cls, query: dict[str, Any]) -> "Page":
        """Take the paging out of a parsed query; what stays are the filters."""
        limit, cursor = query.pop("limit"), query.pop("cursor")
        sort, count = query.pop("sort", "-created_at"), query.pop("count")
        filters = json.dumps([sort, query], sort_keys=True, default=str)
        bound = hashlib.blake2b(filters.encode(), digest_size=6).hexdigest()
        return cls(limit, cursor, sort, count, bound)

    def after(self) -> list[Any] | None:
        """Return the sort values of the last row seen, or None at the beginning."""
        if self.cursor is None:
            return None
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            bound, values = json.loads(base64.b64decode(padded, b"-_", validate=True))
        except (ValueError, TypeError, RecursionError) as error:
            raise bad_cursor() from error
        if bound != self.bound_to or not isinstance(values, list):
            raise bad_cursor()
        return values

    def cursor_at(self, values: Sequence[Any]) -> str:
        """Return the cursor that goes on after a row with these sort values."""
        plain = json.dumps([self.bound_to, list(values)], default=str)
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def bad_cursor() -> InvalidError:
    """Return the error for a cursor that leads nowhere in this list."""
    return InvalidError(
        "The cursor does not fit this list: take it from 'next' unchanged, with the "
        "same sort and filters, or leave it out to begin anew.",
        {"cursor": ["Not a cursor of this list."]},
    )


@dataclass
class Slice:
    """A part of a list, and the cursor that leads on (None at its end)."""

    items: Sequence[Any]
    next: str | None = None
    count: int | None = field(default=None)


def seek(query: Select[Any], keys: Sequence[Key], values: Sequence[Any]) -> Select[Any]:
    """Go on after the row with these sort values."""
    if len(values) != len(keys):
        raise bad_cursor()
    clauses = []
    for i, (column, descends) in enumerate(keys):
        before = [keys[j][0] == values[j] for j in range(i)]
        beyond = column < values[i] if descends else column > values[i]
        clauses.append(and_(*before, beyond))
    # The first comparison alone lets an index find the place.
    column, descends = keys[0]
    bound = column <= values[0] if descends else column >= values[0]
    return query.where(bound, or_(*clauses))


def answer(page: Slice) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Return a slice as a view answers it, with its ``Link`` header."""
    body: dict[str, Any] = {"items": page.items, "next": page.next}
    if page.count is not None:
        body["count"] = page.count
    headers = {}
    if page.next is not None:
        arguments = [(k, v) for k, v in request.args.items(multi=True) if k != "cursor"]
        query = urlencode([*arguments, ("cursor", page.next)])
        headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return body, 200, headers
