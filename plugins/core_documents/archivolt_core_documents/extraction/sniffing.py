"""What a file is, from its content: never from what a client says about it."""

from pathlib import Path

from archivolt_core_documents.extraction import containers, ole, signatures
from archivolt_core_documents.extraction.texts import text_type

HEAD_BYTES = 8192
UNKNOWN = "application/octet-stream"
EMPTY = "application/x-empty"


def sniff(head: bytes, filename: str, tail_path: Path | None = None) -> str:
    """Return the MIME type of a file that begins with `head`.

    The name only refines. With the path of the whole file, containers are told apart.
    """
    head = head[:HEAD_BYTES]
    if not head:
        return EMPTY
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return containers.zip_type(head, tail_path)
    if head.startswith(ole.OLE):
        return ole.ole_type(head, tail_path)
    return signatures.by_signature(head) or unmarked(head, filename)


def unmarked(head: bytes, filename: str) -> str:
    """Name a file without a mark at its beginning."""
    if signatures.is_late_pdf(head):
        return "application/pdf"
    return text_type(head, filename) or signatures.by_puremagic(head) or UNKNOWN
