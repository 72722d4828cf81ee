"""Text that needs no sandbox and no job: that of small plain files in UTF-8.

Nothing is parsed but UTF-8, by the language itself: what a stranger sends does no harm.
It says what the job would have found.
"""

from archivolt_core_documents.extraction import formats
from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.results import Extracted

NOTHING = Extracted("empty", problem="The file holds no bytes.")


def read_at_once(content: bytes, mime_type: str) -> Extracted | None:
    """Return what a content says, or None where a job is to find out."""
    if not content:
        return NOTHING
    reader = formats.find(mime_type)
    if reader is not formats.TEXT or b"\0" in content:
        return None
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None  # another encoding, or cut off: guessing is for the job
    text = Text(len(decoded))
    text.add(decoded)
    return text.result(reader.empty)
