"""GET /vault/documents and its like: pages, filters, order, and what they cost."""

from datetime import datetime
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]
DAY = "2026-01-0{}T00:00:00Z"
SORTS = ("created_at", "updated_at", "title", "filename", "size")


def _moment(text):
    return datetime.fromisoformat(text)


def ids(items):
    return [item["id"] for item in items]


def in_order(rows, sort):
    key = sort.removeprefix("-")
    return ids(
        sorted(rows, key=lambda r: (r[key], r["id"]), reverse=sort.startswith("-"))
    )


def test_pages_have_no_gaps_and_no_doubles_in_any_order(vault, shelf):
    for name, sign in product(SORTS, ("", "-")):
        found = ids(vault.pages(f"/documents?sort={sign}{name}"))
        assert found == in_order(shelf, sign + name), sign + name
    for limit in (1, 39, 40, 41, 200):
        found = ids(vault.pages("/documents?sort=size", limit))
        assert found == in_order(shelf, "size")


FILTERS = {
    "title__contains": ["ANNUAL", "% _s", "%", "\\", "nothing"],
    "mime_type": ["text/plain"],
    "tag": ["red", "blue", "none"],
    "created_at__gte": [DAY.format(2), "2026-01-02T02:00:00%2B02:00"],
    "created_at__lt": [DAY.format(3)],
}


def fits(row, name, value):
    if name == "title__contains":
        return value.lower() in row["title"].lower()
    if name == "tag":
        return value in row["tags"]
    if name.startswith("created_at"):
        moment, bound = row["created_at"], _moment(value.replace("%2B", "+"))
        return moment >= bound if name.endswith("gte") else moment < bound
    return str(row[name]) == value


def test_filters_combine(vault, shelf):
    folder = next(str(row["folder_id"]) for row in shelf if row["folder_id"])
    asked = {**FILTERS, "folder_id": [folder]}
    pairs = [(n, v) for n, values in asked.items() for v in values]
    for (one, first), (other, second) in product(pairs, pairs):
        if one >= other:
            continue
        query = f"{one}={first.replace('%', '%25') if 'at' not in one else first}"
        query += (
            f"&{other}={second.replace('%', '%25') if 'at' not in other else second}"
        )
        rows = [r for r in shelf if fits(r, one, first) and fits(r, other, second)]
        page = vault.get(f"/documents?{query}&limit=200&count=true")
        assert ids(page["items"]) == in_order(rows, "-created_at"), query
        assert page["count"] == len(rows)


def test_the_count_is_given_on_request_only(vault, shelf):
    assert "count" not in vault.get("/documents?limit=1")
    page = vault.get("/documents?limit=1&count=true&mime_type=text/plain")
    assert page["count"] == 20
    following = vault.get(
        f"/documents?limit=1&count=true&mime_type=text/plain&cursor={page['next']}"
    )
    assert following["count"] == 20


def test_the_link_header_leads_through_the_whole_list(vault, shelf):
    path, found = "/vault/documents?sort=title&limit=9&tag=red", []
    while path:
        answer = vault.client.get(path)
        found += answer.json["items"]
        link = answer.headers.get("Link")
        assert (link is None) == (answer.json["next"] is None)
        path = link and link.removeprefix("<").removesuffix('>; rel="next"')
    assert ids(found) == in_order([r for r in shelf if "red" in r["tags"]], "title")


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    sort=st.sampled_from([s + n for n in SORTS for s in ("", "-")]),
    limit=st.integers(1, 12),
    comings=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=8),
)
def test_rows_that_come_while_paging_make_no_gap_and_no_double(
    vault, shelf, sort, limit, comings
):
    """Whatever comes in meanwhile: each old row is seen once, and all in order."""
    from archivolt_core_documents.documents.service import documents

    with vault.reading():
        before = {d.id: d for d in documents.in_order(None, None, 10_000)}
    seen, cursor, comings = [], "", list(comings)
    while cursor is not None:
        page = vault.get(f"/documents?sort={sort}&limit={limit}{cursor}")
        seen += page["items"]
        cursor = page["next"] and f"&cursor={page['next']}"
        if comings:
            day, size = comings.pop()
            with vault.writing():
                _bring(documents, day, size)
    key = sort.removeprefix("-")
    order = [(item[key], item["id"]) for item in seen]
    assert order == sorted(order, reverse=sort.startswith("-"))
    assert len(order) == len(set(order))
    assert {str(id) for id in before} <= {item["id"] for item in seen}


def _bring(documents, day, size):
    row = {
        "title": "annual report",
        "filename": f"{size}.txt",
        "mime_type": "text/plain",
        "size": size,
        "sha256": "0" * 64,
        "created_at": _moment(DAY.format(1 + day)),
        "updated_at": _moment(DAY.format(1 + day)),
    }
    documents.create(**row)
