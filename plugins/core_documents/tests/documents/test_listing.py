"""GET /vault/documents and its like: pages, filters, order, and what they cost."""

import json
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


@pytest.fixture
def shelf(vault):
    """Rows that differ in everything that can be asked for; times and titles repeat."""
    from archivolt_core_documents.documents.service import documents
    from archivolt_host.tenants.ids import uuid7

    folders = [None, *[vault.make_folder(name) for name in ("A", "B")]]
    rows = [
        {
            "id": uuid7(),
            "title": ("Ärger", "annual report", "Annual Report", "100% _sure_")[n % 4],
            "filename": f"{n % 5}.txt",
            "mime_type": ("text/plain", "application/pdf")[n % 2],
            "size": n % 6,
            "sha256": "0" * 64,
            "folder_id": _uuid(folders[n % 3]),
            "tags": [["red"], ["red", "blue"], []][n % 3],
            "created_at": _moment(DAY.format(1 + n % 4)),
            "updated_at": _moment(DAY.format(1 + n % 3)),
        }
        for n in range(40)
    ]
    with vault.writing():
        documents.bulk_create(rows)
        for row in rows:
            documents.set_tags(row["id"], row["tags"], new=True)
    return [{**row, "id": str(row["id"])} for row in rows]


def _uuid(text):
    from uuid import UUID

    return None if text is None else UUID(text)


def _moment(text):
    from datetime import datetime

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


BAD = {
    "limit=0": "limit",
    "limit=201": "limit",
    "limit=-1": "limit",
    "limit=many": "limit",
    "limit=99999999999999999999999": "limit",
    "count=maybe": "count",
    "sort=sha256": "sort",
    "sort=trashed_at": "sort",
    "sort=--title": "sort",
    "sort=": "sort",
    "sort=title;DROP TABLE": "sort",
    "cursor=": "cursor",
    "cursor=garbage": "cursor",
    "cursor=W10": "cursor",
    "cursor=eyJhIjoxfQ": "cursor",
    "cursor=%00": "body",
    "folder_id=1": "folder_id",
    "folder_id=' OR 1=1 --": "folder_id",
    "created_at__gte=yesterday": "created_at__gte",
    "created_at__gte=2026-01-01T00:00:00": "created_at__gte",
    "created_at__gte=0001-01-01T00:00:00%2B23:59": "created_at__gte",
    "created_at__lt=9999-12-31T23:59:59-23:59": "created_at__lt",
    "title__contains=": "title__contains",
    "title__contains=%00": "body",
    "tag=": "tag",
    "mime_type=": "mime_type",
    "colour=red": "colour",
    "size=5": "size",
    "title=5": "title",
}


def test_a_bad_question_is_refused_by_name(vault, refused):
    for query, field in BAD.items():
        answer = vault.client.get(f"/vault/documents?{query}")
        problem = refused(answer, 400)
        assert field in problem["errors"], query


def test_org_in_the_query_never_counts(vault, shelf):
    assert ids(vault.get("/documents?org=other&limit=200")["items"]) == in_order(
        shelf, "-created_at"
    )


def test_a_cursor_is_good_for_its_own_question_only(vault, shelf, refused):
    cursor = vault.get("/documents?sort=title&limit=1&tag=red")["next"]
    for query in ("sort=title", "sort=-title&tag=red", "sort=title&tag=blue", ""):
        answer = vault.client.get(f"/vault/documents?{query}&cursor={cursor}")
        assert "cursor" in refused(answer, 400)["errors"]


FORGED = [
    [],
    ["x"],
    ["x", "y", "z"],
    [None, None],
    [{}, []],
    [True, True],
    [10**30, "018f0000-0000-7000-8000-000000000000"],
    [float("inf"), "018f0000-0000-7000-8000-000000000000"],
    [float("nan"), "018f0000-0000-7000-8000-000000000000"],
    ["\0", "018f0000-0000-7000-8000-000000000000"],
    ["\ud800", "018f0000-0000-7000-8000-000000000000"],
    ["0001-01-01T00:00:00+23:59", "018f0000-0000-7000-8000-000000000000"],
    ["0001-01-01T00:00:00", "018f0000-0000-7000-8000-000000000000"],
    ["2026-01-01T00:00:00+00:00", 5],
    ["2026-01-01T00:00:00+00:00", "' OR 1=1 --"],
    [[[[[[]]]]]],
]


def test_forged_cursors_break_nothing(vault, shelf):
    import base64
    import json

    for sort in ("-created_at", "title", "size"):
        cursor = vault.get(f"/documents?sort={sort}&limit=1")["next"]
        bound, _ = json.loads(base64.urlsafe_b64decode(cursor + "=="))
        for values in [*FORGED, "deep"]:
            plain = json.dumps([bound, values])
            if values == "deep":
                plain = "[" * 1400
            forged = base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")
            answer = vault.client.get(f"/vault/documents?sort={sort}&cursor={forged}")
            assert answer.status_code in (200, 400), (sort, values, answer.text)


INJECTIONS = [
    "'",
    '"',
    "' OR '1'='1",
    "'; DROP TABLE documents_document; --",
    "1); DELETE FROM documents_tag; --",
    "') UNION SELECT password_hash FROM identity_user --",
    "%' AND 1=0 UNION ALL SELECT NULL --",
    "\\'; SELECT pg_sleep(5); --",
    "${7*7}{{7*7}}",
    ":id %(id)s ? $1",
    "/**/OR/**/1=1",
    "\u02bc OR 1=1",
    "a' || (SELECT sql FROM sqlite_master) || '",
]


def test_sql_in_every_filter_and_field_is_text(vault, shelf):
    """RA-48."""
    vault_paths = ("/documents", "/trash", "/folders")
    names = (
        "title__contains",
        "mime_type",
        "tag",
        "folder_id",
        "created_at__gte",
        "created_at__lt",
        "sort",
        "limit",
        "cursor",
        "count",
        "name",
        "parent_id",
    )
    for payload in INJECTIONS:
        for path, name in product(vault_paths, names):
            answer = vault.client.get(f"/vault{path}", query_string={name: payload})
            assert answer.status_code in (200, 400), (path, name, payload)
            if answer.status_code == 200:
                assert answer.json["items"] == []
        made = vault.add(
            b"x",
            "f.txt",
            title=payload,
            tags=json.dumps([payload]),
            metadata='{"k": "v"}',
        )
        changed = vault.patch(
            f"/documents/{made['id']}", metadata={payload: payload}, tags=[payload]
        )
        assert changed.json["title"] == payload
        assert changed.json["metadata"] == {payload: payload}
        found = vault.client.get("/vault/documents", query_string={"tag": payload})
        assert ids(found.json["items"]) == [made["id"]]
        vault.delete(f"/documents/{made['id']}")
    assert ids(vault.get("/documents?limit=200")["items"]) == in_order(
        shelf, "-created_at"
    )
