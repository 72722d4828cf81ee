"""Workbooks (.xlsx): sheet names, cells, comments, text boxes."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from archivolt_core_documents.extraction.archives import Archive
from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.markup import Prose, local, parse
from archivolt_core_documents.extraction.results import Limits, UnreadableError
from archivolt_core_documents.extraction.spreadsheet_styles import Styles, Workbook

SHEETS = r"xl/worksheets/[^/]+\.xml"
BESIDE = r"xl/(comments\d*|threadedComments/[^/]+|drawings/drawing\d+)\.xml"
STRINGS = "xl/sharedStrings.xml"
WORKBOOK = "xl/workbook.xml"
STYLES = "xl/styles.xml"


def read_xlsx(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of a workbook."""
    archive = Archive(path, limits)
    if WORKBOOK not in archive:
        raise UnreadableError("The file is damaged: it holds no workbook.")
    workbook, strings, styles = Workbook(), Strings(), Styles()
    for name, handler in ((WORKBOOK, workbook), (STRINGS, strings), (STYLES, styles)):
        if name in archive:
            parse_member(archive, name, handler)
    for title in workbook.sheets:
        text.line(title)
    for name in archive.names(SHEETS):
        styles.epoch = workbook.epoch
        parse_member(archive, name, Cells(text, strings.found, styles))
    for name in archive.names(BESIDE):
        after = {"comment": "\n", "p": "\n", "text": "\n"}
        parse_member(archive, name, Prose(text, keep={"t", "text"}, after=after))


def parse_member(archive: Archive, name: str, handler: ContentHandler) -> None:
    """Feed one part of the workbook to a handler."""
    with archive.open(name) as part:
        parse(part, handler)


class Strings(ContentHandler):
    """The table of texts that cells point into."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._inside = self._phonetic = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """Enter a string or a part of it; phonetic hints would split words."""
        name = local(name)
        if name == "rPh":
            self._phonetic = True
        self._inside = name == "t" and not self._phonetic

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        """Leave it."""
        name = local(name)
        self._inside = False
        if name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.found.append("".join(self._pieces))
            self._pieces.clear()

    def characters(self, content: str) -> None:
        """Keep the text itself."""
        if self._inside:
            self._pieces.append(content)


class Cells(ContentHandler):
    """The cells of one sheet, a line for each row."""

    def __init__(self, text: Text, strings: Sequence[str], styles: Styles) -> None:
        super().__init__()
        self._text, self._strings, self._styles = text, strings, styles
        self._type = self._style = ""
        self._pieces: list[str] = []
        self._inside = self._phonetic = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """Enter a cell or its value."""
        name = local(name)
        if name == "c":
            self._type, self._style = attrs.get("t", "n"), attrs.get("s", "")
            self._pieces.clear()
        elif name == "rPh":
            self._phonetic = True
        self._inside = name == "v" or (name == "t" and not self._phonetic)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        """Leave a cell or a row."""
        name = local(name)
        self._inside = False
        if name == "rPh":
            self._phonetic = False
        elif name == "c" and self._pieces:
            self._text.add(f"{self._value(''.join(self._pieces))}\t")
        elif name == "row":
            self._text.add("\n")

    def characters(self, content: str) -> None:
        """Keep the value."""
        if self._inside:
            self._pieces.append(content)

    def _value(self, raw: str) -> str:
        if self._type == "s":
            index = int(raw) if raw.strip().isdecimal() else -1
            return self._strings[index] if 0 <= index < len(self._strings) else ""
        if self._type == "b":
            return "TRUE" if raw.strip() == "1" else "FALSE"
        return self._styles.shown(raw, self._style) if self._type == "n" else raw
