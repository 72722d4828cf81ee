"""Rich text (.rtf)."""

from collections.abc import Callable
from pathlib import Path

from striprtf import striprtf

from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.results import Limits, UnreadableError

to_text: Callable[..., str] = striprtf.rtf_to_text  # the library is not typed


def read_rtf(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of an RTF file."""
    source = path.read_bytes()
    if not source.lstrip().startswith(b"{\\rtf"):
        raise UnreadableError("The file is damaged: it is no rich text.")
    # RTF is ASCII with escapes; what is not must survive as its byte value.
    text.add(to_text(source.decode("cp1252", "replace"), errors="replace"))
