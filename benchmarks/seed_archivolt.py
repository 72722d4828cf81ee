"""Stores Archivolt's documents: ``python -m benchmarks.seed_archivolt TENANTS COUNT``.

Rows are written in bulk by the services of the documents plugin, files by its blob
driver, and the plugins that follow documents are told of each, as by an upload.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from archivolt_core_documents.blobs import blobs
from archivolt_core_documents.documents import logic
from archivolt_core_documents.documents.models import Document
from archivolt_core_documents.documents.service import documents
from archivolt_core_documents.versions.service import versions
from archivolt_core_identity.users import logic as people
from archivolt_hookspecs.identity import Actor
from archivolt_host.app import Host, open_host
from archivolt_host.cli.logging import configure
from archivolt_host.cli.opening import prepare_catalog_database
from archivolt_host.kit import hooks
from archivolt_host.kit.db import now, reading, transaction, uuid7
from archivolt_host.orchestration.creation import CreateTenant
from archivolt_host.tenants import context
from archivolt_host.tenants.context import Tenant
from benchmarks.documents import documents as samples
from benchmarks.sides import PASSWORD

BATCH = 500  # documents per transaction


@dataclass(frozen=True)
class Seed:
    """A document to be stored."""

    title: str
    metadata: Mapping[str, Any]
    text: str
    tags: tuple[str, ...] = ("sample",)
    folder_id: UUID | None = None
    id: UUID = field(default_factory=uuid7)
    created_at: datetime = field(default_factory=now)


def tenant_of(host: Host, slug: str, admin: str = "admin") -> Tenant:
    """Return a tenant, made if it is not there yet."""
    found = host.catalog.find(slug)
    if found is None:
        CreateTenant(
            slug,
            placement=str(host.manifest.host["default_placement"]),
            admin=admin,
            password=PASSWORD,
        ).run()
        found = host.catalog.get(slug)
    return found


def store(tenant: Tenant, seeds: Iterable[Seed], user: str = "admin") -> None:
    """Store a user's documents with version, blob, text and search index."""
    author, rest = author_of(tenant, user), iter(seeds)
    while batch := list(islice(rest, BATCH)):
        with context.acting(tenant, author), transaction():
            rows = [_row(tenant, seed) for seed in batch]
            documents.bulk_create(rows)
            versions.bulk_create(_version(row) for row in rows)
            _follow(
                batch, [Document(**row, version=1, status="active") for row in rows]
            )


def author_of(tenant: Tenant, username: str) -> Actor:
    """Return a user as the author of documents."""
    with context.acting(tenant), reading():
        found = people.find_actor(username)
    if found is None:
        raise SystemExit(f"There is no user {username} in {tenant.slug}.")
    return found


def _row(tenant: Tenant, seed: Seed) -> dict[str, Any]:
    content = seed.text.encode()
    return {
        "id": seed.id,
        "title": seed.title,
        "filename": f"{seed.id.hex[-8:]}.txt",
        "mime_type": "text/plain",
        "size": len(content),
        "sha256": _blob(tenant.slug, content),
        "text_status": "done",
        "folder_id": seed.folder_id,
        "tags": list(seed.tags),
        "properties": dict(seed.metadata),
        "created_at": seed.created_at,
        "updated_at": seed.created_at,
        "created_by": context.actor().id,
    }


def _blob(slug: str, content: bytes) -> str:
    incoming = blobs().receive(slug, uuid7().hex)
    incoming.write(content)
    sha256 = incoming.finish()
    incoming.keep()
    incoming.done()
    return sha256


def _version(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("filename", "mime_type", "size", "sha256", "created_at", "created_by")
    own = {"id": uuid7(), "document_id": row["id"], "number": 1}
    return {key: row[key] for key in kept} | own


def _follow(seeds: Iterable[Seed], stored: Iterable[Document]) -> None:
    """Write tags and text, and let the other plugins write theirs."""
    for seed, document in zip(seeds, stored, strict=True):
        documents.set_tags(seed.id, seed.tags, new=True)
        documents.store_text(seed.id, 1, seed.text)
        described = logic.info(document)
        hooks.join("document_saved", document=described, text=seed.text)


def opened() -> Host:
    """Return the host of this home, its catalog ready, its log not on our output."""
    configure()
    host = open_host()
    prepare_catalog_database(host)
    return host


def made_up(count: int) -> Iterator[Seed]:
    """Yield so many documents, the newest last."""
    began = now()
    for number, sample in enumerate(samples(count)):
        yield Seed(*sample, created_at=began + timedelta(microseconds=number))


def main(slugs: str, count: int) -> None:
    """Store so many documents in each tenant; print a line of ids for each."""
    host = opened()
    for slug in slugs.split(","):
        seeds = list(made_up(count))
        store(tenant_of(host, slug), seeds)
        print(slug, *(seed.id for seed in seeds))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
