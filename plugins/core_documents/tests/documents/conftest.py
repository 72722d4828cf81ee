"""A shelf of documents that differ in everything that can be asked for."""

from datetime import datetime
from uuid import UUID

import pytest

DAY = "2026-01-0{}T00:00:00Z"


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
    return None if text is None else UUID(text)


def _moment(text):
    return datetime.fromisoformat(text)
