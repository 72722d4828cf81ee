"""What a file is, and the text in it: pure functions over files, and a sandbox."""

from archivolt_core_documents.extraction.direct import read_at_once
from archivolt_core_documents.extraction.results import Extracted, Limits
from archivolt_core_documents.extraction.sandbox import extract, stop, warm_up
from archivolt_core_documents.extraction.sniffing import HEAD_BYTES, sniff

__all__ = [
    "HEAD_BYTES",
    "Extracted",
    "Limits",
    "extract",
    "read_at_once",
    "sniff",
    "stop",
    "warm_up",
]
