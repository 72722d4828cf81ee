"""What lists and bulk writes ask of the database."""

import pytest
from sqlalchemy import text

from archivolt_host.kit.access import EVERYTHING

pytestmark = [
    pytest.mark.plugins("core_identity", "core_documents"),
    pytest.mark.placements,
]


def rows(count, **values):
    plain = {"filename": "f", "mime_type": "text/plain", "size": 0, "sha256": "0" * 64}
    return [{"title": f"{n}", **plain, **values} for n in range(count)]


@pytest.fixture
def store(vault):
    """Add documents at once, behind the API's back."""
    from archivolt_core_documents.documents.service import documents

    def add(count, **values):
        with vault.writing():
            documents.bulk_create(rows(count, **values))

    return add


def test_a_thousand_rows_are_one_statement(vault, query_count):
    """NV-75."""
    from archivolt_core_documents.documents.service import documents
    from archivolt_host.kit.paging import Page

    with vault.writing(), query_count() as asked:
        documents.bulk_create(rows(1000))
    assert len(asked) == 1
    assert vault.get("/documents?count=true&limit=1")["count"] == 1000
    with vault.reading():
        some = [
            d.id for d in documents.filter(Page(limit=200), visible=EVERYTHING).items
        ]
    with vault.writing(), query_count() as asked:
        documents.bulk_update(some, title="all the same")
        documents.bulk_delete(some[:100])
    assert len(asked) == 2
    assert vault.get("/documents?count=true&limit=1")["count"] == 900
    with vault.writing(), query_count() as asked:
        documents.bulk_create([])
    assert len(asked) == 0


def test_a_list_asks_as_much_for_fifty_rows_as_for_five(vault, store, query_count):
    """NV-74."""
    made = vault.add()
    versions = f"/documents/{made['id']}/versions"
    lists = [
        "/documents?limit=200&count=true",
        "/trash?limit=200",
        "/folders?limit=200",
    ]
    costs = []
    for count in (5, 45):
        store(count, tags=["a", "b"])
        store(count, status="trashed")
        for n in range(count):
            vault.make_folder(f"{count} {n}")
        for n in range(count):
            vault.upload(f"{count} {n}".encode(), path=versions)
        costs.append([])
        for path in [*lists, f"{versions}?limit=200"]:
            vault.get(path)
            with query_count() as asked:
                assert len(vault.get(path)["items"]) >= count
            # Now and then, any request looks whether the catalog has changed.
            costs[-1].append(len([s for s in asked.statements if "documents_" in s]))
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 2


def test_catching_up_asks_as_much_for_fifty_as_for_five(vault, store, query_count):
    from archivolt_core_documents.documents import logic

    costs = []
    for count in (5, 45):
        store(count)
        with vault.reading(), query_count() as asked:
            assert len(logic.changed_since(None, None, 200)) >= count
        costs.append(len(asked))
    assert costs == [2, 2]


FILTERS = (
    {},
    {"folder_id": "018f0000-0000-7000-8000-000000000000"},
    {"mime_type": "application/pdf"},
    {"tag": "red"},
    {"created_at__gte": "2026-01-01T00:00:00Z"},
    {"created_at__lt": "2020-01-01T00:00:00Z"},
    {"title__contains": "a"},
    {"sort": "title"},
    {"sort": "-title"},
    {"sort": "-updated_at"},
    {"sort": "filename"},
    {"sort": "-size"},
)


def plan_of(connection, placement, statement, parameters):
    """Return the database's plan as text; planning only, nothing is run."""
    if placement == "sqlite":
        words = f"EXPLAIN QUERY PLAN {statement}"
        return [r[3] for r in connection.exec_driver_sql(words, parameters)]
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    found = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return [row[0] for row in found]


def test_every_filter_has_an_index(vault, store, placement):
    """NV-77: no list reads a table from end to end, or sorts all of it."""
    from sqlalchemy import Engine, event

    store(300)
    store(300, status="trashed")
    asked = []

    def note(_, __, statement, parameters, *___):
        if "documents_" in statement and "LIMIT" in statement:
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for query in FILTERS:
            vault.client.get("/vault/documents", query_string=query)
        vault.client.get("/vault/documents?limit=5&sort=title")
        vault.get("/trash")
        vault.get("/folders")
        vault.get("/folders?parent_id=018f0000-0000-7000-8000-000000000000")
        vault.get("/folders?name=a")
        vault.get("/folders?sort=-created_at")
        made = vault.add()
        vault.get(f"/documents/{made['id']}/versions")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) >= len(FILTERS) + 6
    with vault.reading() as connection:
        for statement, parameters in asked:
            plan = plan_of(connection, placement, statement, parameters)
            assert not [step for step in plan if _is_a_scan(step)], (statement, plan)
            assert any("ndex" in step or "INDEX" in step for step in plan), plan


def _is_a_scan(step):
    whole = step.startswith("SCAN") and "INDEX" not in step
    return whole or "Seq Scan" in step or step == "USE TEMP B-TREE FOR ORDER BY"
