"""Plain text in its many dresses: text, CSV, Markdown, JSON, XML."""

import re
from pathlib import Path
from xml.sax import SAXParseException

from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.decoding import decode
from archivolt_core_documents.extraction.markup import Prose, parse
from archivolt_core_documents.extraction.results import Limits

WIDEST = 4  # bytes of a character
ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")


def read_text(path: Path, text: Text, limits: Limits) -> None:
    """Collect a text file as it is."""
    text.add(decode(beginning(path, limits)))


def read_json(path: Path, text: Text, limits: Limits) -> None:
    """Collect a JSON file as it is, with its escaped characters made searchable."""
    text.add(ESCAPE.sub(unescaped, decode(beginning(path, limits))))


def read_xml(path: Path, text: Text, limits: Limits) -> None:
    """Collect the characters of an XML file without its tags."""
    try:
        with path.open("rb") as source:
            parse(source, Lines(text))
    except SAXParseException:
        text.restart()
        text.note("The XML is not well-formed: it is searchable as plain text.")
        read_text(path, text, limits)


def beginning(path: Path, limits: Limits) -> bytes:
    """Read what can be kept, and one byte more to notice that there is more."""
    with path.open("rb") as source:
        return source.read(limits.characters * WIDEST + 1)


def unescaped(found: re.Match[str]) -> str:
    """Write escaped UTF-16 units as the characters they are."""
    units = bytes.fromhex(found[0].replace("\\u", ""))
    return units.decode("utf-16-be", "replace")


class Lines(Prose):
    """Each element on a line of its own."""

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        """Break the line."""
        self.text.add("\n")
