"""Word documents (.docx): body, tables, headers, footers, notes, comments."""

from io import BytesIO
from pathlib import Path

from archivolt_core_documents.extraction import mail, pages
from archivolt_core_documents.extraction.archives import Archive
from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.markup import Prose, parse
from archivolt_core_documents.extraction.results import Limits, UnreadableError

BODY = r"word/document\d*\.xml"
AROUND = r"word/(header|footer|footnotes|endnotes|comments)\d*\.xml"
PASTED = r"word/[^/]+\.(mht|mhtml|html?|xhtml)"
BEFORE = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
AFTER = {"p": "\n", "tc": "\t"}
# A fallback repeats the text box beside it; `rt` is a reading aid inside a word.
SKIP = {"Fallback", "rt", "moveFrom"}


def read_docx(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of a Word document."""
    archive = Archive(path, limits)
    bodies = archive.names(BODY)
    if not bodies:
        raise UnreadableError("The file is damaged: it holds no Word document.")
    for name in bodies + archive.names(AROUND):
        with archive.open(name) as part:
            parse(part, Prose(text, keep={"t"}, skip=SKIP, before=BEFORE, after=AFTER))
    for name in archive.names(PASTED):
        read_pasted(archive.read(name), name, text)


def read_pasted(raw: bytes, name: str, text: Text) -> None:
    """Collect a web page that was put into the document as it is."""
    if name.endswith(("mht", "mhtml")):
        mail.read_message(BytesIO(raw), text)
    else:
        pages.read_markup(raw, text)
