"""Presentations (.pptx): slides, diagrams, notes, comments."""

from pathlib import Path

from archivolt_core_documents.extraction.archives import Archive
from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.markup import Prose, parse
from archivolt_core_documents.extraction.results import Limits, UnreadableError

SLIDES = r"ppt/slides/slide\d+\.xml"
BESIDE = (
    r"ppt/diagrams/data\d*\.xml",
    r"ppt/notesSlides/notesSlide\d+\.xml",
    r"ppt/comments/[^/]+\.xml",
)
BREAKS = {"p": "\n", "br": "\n", "tc": "\t", "text": "\n"}


def read_pptx(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of a presentation."""
    archive = Archive(path, limits)
    if "ppt/presentation.xml" not in archive:
        raise UnreadableError("The file is damaged: it holds no presentation.")
    for pattern in (SLIDES, *BESIDE):
        for name in archive.names(pattern):
            with archive.open(name) as part:
                parse(part, Prose(text, keep={"t", "text"}, after=BREAKS))
