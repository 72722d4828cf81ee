"""Which reader reads what, and what users are told where there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from defusedxml.common import DefusedXmlException

from archivolt_core_documents.extraction.collecting import FullError, Text
from archivolt_core_documents.extraction.decoding import MINIMUM, guess
from archivolt_core_documents.extraction.results import (
    LOCKED,
    Extracted,
    Limits,
    UnreadableError,
    failed,
    out_of_memory,
)

PACKAGE = "archivolt_core_documents.extraction"
OPENXML = "application/vnd.openxmlformats-officedocument"
ODF = "application/vnd.oasis.opendocument"

Read = Callable[[Path, Text, Limits], None]


@dataclass(frozen=True)
class Reader:
    """A function that reads one family of formats, imported when needed."""

    module: str
    function: str
    empty: str = "The file holds no text."

    def load(self) -> Read:
        """Import the reader."""
        read: Read = getattr(self.preload(), self.function)
        return read

    def preload(self) -> ModuleType:
        """Import the module, and with it the library."""
        return import_module(f"{PACKAGE}.{self.module}")


PDF = Reader(
    "portable",
    "read_pdf",
    "The PDF holds no text: its pages are probably scanned pictures.",
)
WORD = Reader("word", "read_docx")
WORKBOOK = Reader("spreadsheet", "read_xlsx")
SLIDES = Reader("slides", "read_pptx")
OPEN = Reader("opendocument", "read_opendocument")
HTML = Reader("pages", "read_html")
MAIL = Reader("mail", "read_mail")
TEXT = Reader("plain", "read_text")
JSON = Reader("plain", "read_json")
XML = Reader("plain", "read_xml")
BOOK = Reader("books", "read_epub")
RTF = Reader("rich", "read_rtf")

READERS = {
    "application/pdf": PDF,
    f"{OPENXML}.wordprocessingml.document": WORD,
    f"{OPENXML}.wordprocessingml.template": WORD,
    "application/vnd.ms-word.document.macroenabled.12": WORD,
    "application/vnd.ms-word.template.macroenabled.12": WORD,
    f"{OPENXML}.spreadsheetml.sheet": WORKBOOK,
    f"{OPENXML}.spreadsheetml.template": WORKBOOK,
    "application/vnd.ms-excel.sheet.macroenabled.12": WORKBOOK,
    "application/vnd.ms-excel.template.macroenabled.12": WORKBOOK,
    f"{OPENXML}.presentationml.presentation": SLIDES,
    f"{OPENXML}.presentationml.slideshow": SLIDES,
    f"{OPENXML}.presentationml.template": SLIDES,
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": SLIDES,
    "application/vnd.ms-powerpoint.slideshow.macroenabled.12": SLIDES,
    "application/vnd.ms-powerpoint.template.macroenabled.12": SLIDES,
    **{f"{ODF}.{kind}": OPEN for kind in ("text", "spreadsheet", "presentation")},
    **{f"{ODF}.{kind}-template": OPEN for kind in ("text", "spreadsheet")},
    f"{ODF}.presentation-template": OPEN,
    f"{ODF}.graphics": OPEN,
    "application/epub+zip": BOOK,
    "application/rtf": RTF,
    "text/rtf": RTF,
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "message/rfc822": MAIL,
    "application/json": JSON,
    "application/x-ndjson": JSON,
    "application/xml": XML,
    "text/xml": XML,
    "application/javascript": TEXT,
}

OLD = "Old {0} files ({1}) are not read: save it as {2} to make it searchable."
PACKED = "Archives are not unpacked: upload the files in it to make them searchable."
UNREAD = {
    "application/msword": OLD.format("Word", ".doc", ".docx"),
    "application/vnd.ms-excel": OLD.format("Excel", ".xls", ".xlsx"),
    "application/vnd.ms-powerpoint": OLD.format("PowerPoint", ".ppt", ".pptx"),
    "application/vnd.ms-outlook": OLD.format("Outlook", ".msg", ".eml"),
    **dict.fromkeys(
        (f"application/{kind}" for kind in ("zip", "gzip", "x-7z-compressed", "x-tar")),
        PACKED,
    ),
    "application/vnd.rar": PACKED,
    "image": "Pictures are not read: there is no text recognition.",
    "audio": "Sound is not read.",
    "video": "Films are not read.",
}


def find(mime_type: str) -> Reader | None:
    """Find the reader of a MIME type."""
    name = mime_type.partition(";")[0].strip().lower()
    if reader := READERS.get(name):
        return reader
    if name.endswith("+xml"):
        return XML
    if name.endswith("+json"):
        return JSON
    return TEXT if name.startswith("text/") else None


def unread(mime_type: str) -> Extracted:
    """Say why there is no reader for a MIME type."""
    if mime_type == "application/encrypted":
        return failed(LOCKED)
    family = mime_type.partition("/")[0]
    problem = UNREAD.get(mime_type) or UNREAD.get(family)
    return Extracted(
        "unsupported", problem=problem or f"Files of type {mime_type} are not read."
    )


def read(path: Path, mime_type: str, limits: Limits) -> Extracted:
    """Read a document in this process; whatever goes wrong becomes a sentence."""
    reader = find(mime_type)
    if reader is None:
        return unread(mime_type)
    text = Text(limits.characters)
    try:
        fill(text, reader, path, limits)
        return text.result(reader.empty)
    except Exception as error:  # readers raise whatever the damage leads to
        return failed(sentence(error, limits))


def sentence(error: Exception, limits: Limits) -> str:
    """Tell a user what an error means."""
    if isinstance(error, UnreadableError):
        return str(error)
    if isinstance(error, DefusedXmlException):
        return "Refused: the file declares XML entities (an entity bomb?)."
    if isinstance(error, MemoryError):
        return out_of_memory(limits)
    if isinstance(error, RecursionError):
        return "The file is nested too deeply to be read."
    return f"The file is damaged and cannot be read ({describe(error)})."


def fill(text: Text, reader: Reader, path: Path, limits: Limits) -> None:
    """Read until the end, or until the text is full."""
    try:
        reader.load()(path, text, limits)
    except FullError:
        return  # the text carries the sentence that says so


def describe(error: Exception) -> str:
    """Name an error in a few words."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:120]}" if words else type(error).__name__


def preload() -> None:
    """Import every reader and its library."""
    for reader in set(READERS.values()):
        reader.preload()
    guess(b"\xe9 " * MINIMUM)  # the guesser loads its tables on first use
