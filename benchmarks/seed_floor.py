"""Stores the floor's documents: ``python -m benchmarks.seed_floor TENANTS COUNT``."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from benchmarks.documents import documents as samples
from benchmarks.floor import storage, version_of
from benchmarks.floor_storage import documents, uuid7, versions
from benchmarks.sides import USER


def row_of(
    tenant: str, number: int, title: str, metadata: dict[str, Any], text: str
) -> dict[str, Any]:
    """Store the content of one document and return its columns."""
    moment = datetime.now(UTC) + timedelta(microseconds=number)
    content = text.encode()
    blob = storage.store(tenant, content)
    blob.keep()
    blob.done()
    return {
        "id": uuid7(),
        "title": title,
        "filename": f"{number}.txt",
        "mime_type": "text/plain",
        "size": len(content),
        "sha256": blob.sha256,
        "version": 1,
        "status": "active",
        "text_status": "done",
        "text_problem": None,
        "folder_id": None,
        "tags": ["sample"],
        "metadata": metadata,
        "created_at": moment,
        "created_by": UUID(USER),
        "updated_at": moment,
    }


def fill(tenant: str, count: int) -> list[UUID]:
    """Make a tenant with so many documents and return their ids."""
    storage.make(tenant)
    rows = [row_of(tenant, n, *one) for n, one in enumerate(samples(count))]
    with storage.writing(tenant) as connection:
        connection.execute(insert(documents), rows)
        connection.execute(insert(versions), [version_of(row) for row in rows])
    return [row["id"] for row in rows]


if __name__ == "__main__":
    for tenant in sys.argv[1].split(","):
        print(tenant, *fill(tenant, int(sys.argv[2])))
