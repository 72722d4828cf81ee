"""Questions that are none: wrong words, forged cursors, SQL in every place."""

import base64
import json
from itertools import product

import pytest

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


def ids(items):
    return [item["id"] for item in items]


def in_order(rows, sort):
    key = sort.removeprefix("-")
    return ids(
        sorted(rows, key=lambda r: (r[key], r["id"]), reverse=sort.startswith("-"))
    )


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
