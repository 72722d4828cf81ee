"""The long stories of the documents domain: reading text, and sweeping up."""

from uuid import UUID

from archivolt_core_documents.blobs import blobs
from archivolt_core_documents.documents import logic
from archivolt_core_documents.extraction import Limits, extract
from archivolt_core_documents.extraction.sandbox import SandboxError
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import after_commit
from archivolt_host.kit.jobs import enqueue, job
from archivolt_host.kit.settings import setting

PLUGIN = "core_documents"


@job(queue="low", retries=4)
def extract_text(document_id: str, version: int) -> str | None:
    """Read one version's text, in a process with limits, outside any transaction."""
    id = UUID(document_id)
    document = logic.begin_reading(id, version)
    if document is None:
        return None
    limits = Limits(
        seconds=float(setting(PLUGIN, "extraction_seconds")),
        memory=setting(PLUGIN, "extraction_memory"),
    )
    try:
        with blobs().local_path(tenant().slug, document.sha256) as path:
            found = extract(path, document.mime_type, limits)
    except (SandboxError, OSError) as error:
        logic.note_failure(id, version, f"The text could not be read: {error}")
        raise
    logic.end_reading(id, version, found.status, found.text, found.problem)
    return found.status


def read_later(document_id: UUID, version: int) -> None:
    """Have a version's text read after the commit."""
    enqueue(extract_text, document_id=document_id, version=version)


@job(queue="low", retries=4)
def discard_contents(hashes: list[str]) -> int:
    """Delete those of the contents that no version refers to any more.

    It writes nothing, so that no transaction is open while it waits for uploads.
    """
    return sum(logic.discard(tenant().slug, sha256) for sha256 in hashes)


@job(queue="low", retries=1)
def empty_trash() -> int:
    """Delete what was long in the trash; return how many contents it may have freed.

    They go by a job, which a crash cannot lose.
    """
    hashes = logic.purge_trash()
    if hashes:
        enqueue(discard_contents, hashes=sorted(hashes))
    return len(hashes)


def clear_later(before: float) -> int:
    """Delete after the commit what uploads left behind before a moment.

    An upload waits for the database while it keeps its content, so nobody may wait for
    that upload while holding the database.
    """
    slug = tenant().slug
    after_commit(lambda: clear_incoming(slug, before))
    return 0


def clear_incoming(slug: str, before: float) -> int:
    """Delete what broken uploads left behind; return the number of contents."""
    return sum(logic.discard(slug, s) for s in blobs().stale(slug, before))
