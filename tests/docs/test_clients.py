"""What the clients' page says of paths, rows and tables is so, in each placement."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import inspect

PAGE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+?) \| `(\w+)` \| (.+?) \|$", re.MULTILINE)
CODE = re.compile(r"`(\w+)`")

pytestmark = [
    pytest.mark.plugins(
        "core_identity", "core_permissions", "core_audit", "core_workflow"
    ),
    pytest.mark.placements,
]


def rows():
    """Return each resource with its fields, its table and what is named otherwise."""
    return [
        (path, CODE.findall(has), table, [CODE.findall(o) for o in others.split(", ")])
        for path, has, table, others in ROW.findall(PAGE.read_text())
    ]


def test_users_requests_and_the_journal_are_where_the_page_says(
    client_as, tenant, in_tenant
):
    ada, owner = client_as("ada", tenant), client_as("owner", tenant)
    sent = {"title": "A chair", "description": "Red"}
    made = ada.post("/api/v1/requests/", json=sent)
    assert (made.status_code, made.json["status"]) == (201, "DRAFT")
    assert UUID(made.json["id"])
    assert made.json["created_by"] == ada.get("/vault/me").json["id"]
    assert made.json["assigned_to"] is None
    assert [path for path, *_ in rows()] == ["users", "requests", "audit-logs"]
    with in_tenant(tenant) as work:
        tables = inspect(work.connection)
        columns = {
            table: {column["name"] for column in tables.get_columns(table)}
            for _, _, table, _ in rows()
        }
    for path, has, table, other_names in rows():
        asked = ada if path == "requests" else owner
        [row, *_] = asked.get(f"/api/v1/{path}/").json["items"]
        assert set(has) <= row.keys()
        assert UUID(row["id"])
        for usual, *ours in other_names:
            assert set(ours) <= columns[table] | row.keys(), usual
        usual = {names[0] for names in other_names}
        assert set(has) - usual - {"roles"} <= columns[table]
