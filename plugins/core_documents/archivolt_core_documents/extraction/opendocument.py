"""OpenDocument texts, sheets and presentations (.odt, .ods, .odp)."""

from pathlib import Path

from archivolt_core_documents.extraction.archives import Archive
from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.markup import Prose, parse
from archivolt_core_documents.extraction.results import LOCKED, Limits, UnreadableError

CONTENT = "content.xml"
MANIFEST = "META-INF/manifest.xml"
PARTS = r"content\.xml|styles\.xml|Object [^/]+/content\.xml"
# `body` holds the text; `master-styles` holds headers and footers.
KEEP = {"body", "master-styles"}
# `tracked-changes` is what was deleted; `math` repeats itself as an annotation.
SKIP = {"tracked-changes", "binary-data", "script", "ruby-text", "event-listeners"}
BEFORE = {"s": " ", "tab": "\t", "line-break": "\n"}
AFTER = {"p": "\n", "h": "\n", "table-row": "\n", "table-cell": "\t"}


def read_opendocument(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of an OpenDocument file."""
    archive = Archive(path, limits)
    if CONTENT not in archive:
        raise UnreadableError("The file is damaged: it holds no content.")
    if MANIFEST in archive and b"encryption-data" in archive.read(MANIFEST):
        raise UnreadableError(LOCKED)
    for name in archive.names(PARTS):
        with archive.open(name) as part:
            parse(part, Prose(text, keep=KEEP, skip=SKIP, before=BEFORE, after=AFTER))
