"""Pages of the host's own tables: kit services are for those of plugins."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select

from archivolt_host.http.paging import Page, Slice, bad_cursor, seek
from archivolt_host.tenants import sessions


def listed(query: Select[Any], page: Page, columns: Mapping[str, Any]) -> Slice:
    """Return a page of a query; ``columns`` says by which text or id each sort goes."""
    name, descends = page.sort.removeprefix("-"), page.sort.startswith("-")
    column = columns[name]
    if (after := page.after()) is not None:
        query = seek(query, [(column, descends)], _typed(column, after))
    ordered = query.order_by(column.desc() if descends else column.asc())
    rows = sessions.session().scalars(ordered.limit(page.limit + 1)).all()
    shown, is_more = rows[: page.limit], len(rows) > page.limit
    last = [str(getattr(shown[-1], column.key))] if is_more else []
    return Slice(shown, page.cursor_at(last) if is_more else None)


def _typed(column: Any, values: list[Any]) -> list[Any]:
    """Give a cursor's value its type back; anybody may have written it."""
    try:
        return [column.type.python_type(value) for value in values]
    except (TypeError, ValueError, AttributeError) as error:
        raise bad_cursor() from error
