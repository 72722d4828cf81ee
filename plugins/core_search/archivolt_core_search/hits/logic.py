"""The rules of searching. Knows no SQL and no HTTP."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archivolt_core_search.hits.service import SCALE, After, hits
from archivolt_core_search.words.folding import storable
from archivolt_core_search.words.queries import Query, parse
from archivolt_core_search.words.snippets import Snippets
from archivolt_host.kit import access, hooks
from archivolt_host.kit.errors import InvalidError, UnavailableError
from archivolt_host.kit.paging import Page, Slice
from archivolt_host.kit.settings import setting

PLUGIN = "core_search"
MAX_SCORE = 2**63


def search(page: Page, q: str, filters: Mapping[str, Any]) -> Slice:
    """Return the best hits of a query among the documents that the filters leave."""
    query = parse(q)
    filters = {n: storable(v) if isinstance(v, str) else v for n, v in filters.items()}
    seen = access.filter("documents.read")
    found = hits.find(query, _after(page), page.limit + 1, filters, seen)
    count = hits.count(query, filters, seen) if page.count else None
    shown, more = found[: page.limit], len(found) > page.limit
    end = page.cursor_at([shown[-1].score, shown[-1].id]) if more else None
    return Slice(_described(query, shown), end, count)


def _described(query: Query, found: Any) -> list[dict[str, Any]]:
    """Return hits with their documents; one out of sight is left out."""
    if not found:
        return []
    known = hooks.first("describe_documents", ids=[hit.id for hit in found])
    if known is None:
        raise UnavailableError("The documents cannot be shown now: try again soon.")
    visible = [hit for hit in found if hit.id in known]
    entries = hits.entries([hit.key for hit in visible])
    snippets = Snippets(query, setting(PLUGIN, "snippet_words"))
    return [
        {
            "document": known[hit.id],
            "snippet": snippets.of(_texts(entries[hit.key], query)),
            "score": hit.score / SCALE,
        }
        for hit in visible
    ]


def _texts(entry: Any, query: Query) -> list[str]:
    """Return where to look for a hit, in this order."""
    text = hits.part_text(entry.key, query) if entry.parts > 1 else entry.text
    return [text, entry.title, entry.filename, entry.tags, entry.properties]


def _after(page: Page) -> After | None:
    values = page.after()
    if values is None:
        return None
    try:
        score, id = values
        if not isinstance(score, int) or abs(score) >= MAX_SCORE:
            raise ValueError(score)
        return score, UUID(id)
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidError(
            "The cursor does not fit this search: take it from 'next' unchanged.",
            {"cursor": ["Not a cursor of this search."]},
        ) from error
