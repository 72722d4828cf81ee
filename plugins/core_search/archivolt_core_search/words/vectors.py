"""Renders folded words for the two databases: what is indexed, and what is asked.

Folded words consist of letters, digits and marks alone, so quoting them is enough.
"""

import json
from collections.abc import Mapping
from typing import Any

from archivolt_core_search.words.queries import Query, Term

WEIGHTS = {"title": "A", "filename": "B", "tags": "B", "properties": "C", "body": "D"}
LONGEST = 255  # characters of a word; PostgreSQL takes 2046 bytes
POSITIONS = 255  # of one word in one row, as PostgreSQL keeps them
LARGEST = 900_000  # bytes of a row's words, roughly; PostgreSQL takes 1 MiB
NOWHERE = "\ue000"  # a character that is in no word


def vector(fields: Mapping[str, str]) -> str:
    """Return folded fields as a ``tsvector`` is written."""
    places: dict[str, list[str]] = {}
    position = size = 0
    for name, weight in WEIGHTS.items():
        position += 1  # a gap: no phrase goes from field to field
        for word in fields.get(name, "").split():
            position += 1
            found = places.setdefault(word[:LONGEST], [])
            if len(found) < POSITIONS and size < LARGEST:
                size += 2 if found else 10 + len(word[:LONGEST].encode())
                found.append(f"{position}{weight}")
    return " ".join(f"'{w}':{','.join(p)}" for w, p in places.items() if p)


def for_sqlite(query: Query) -> dict[str, str]:
    """Return a query as the statement on SQLite takes it."""
    wanted = " AND ".join(map(_fts5, query.required))
    without = " OR ".join(map(_fts5, query.excluded))
    return {
        "whole": f"({wanted}) NOT ({without})" if without else wanted,
        "terms": json.dumps([_fts5(term) for term in query.required]),
        "without": without or f'"{NOWHERE}"',
    }


def for_postgresql(query: Query) -> dict[str, Any]:
    """Return a query as the statement on PostgreSQL takes it."""
    wanted = " & ".join(map(_tsquery, query.required))
    without = " | ".join(map(_tsquery, query.excluded))
    return {
        "whole": f"({wanted}) & !({without})" if without else wanted,
        "any": any_tsquery(query),
        "terms": [_tsquery(term) for term in query.required],
        "without": without or f"'{NOWHERE}'",
    }


def any_fts5(query: Query) -> str:
    """Return what finds any of a query's terms on SQLite."""
    return " OR ".join(map(_fts5, query.required))


def any_tsquery(query: Query) -> str:
    """Return what finds any of a query's terms on PostgreSQL."""
    return " | ".join(map(_tsquery, query.required))


def _fts5(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.prefix else "")


def _tsquery(term: Term) -> str:
    words = " <-> ".join(f"'{word[:LONGEST]}'" for word in term.words)
    return f"({words}{':*' if term.prefix else ''})"
