"""Electronic books (.epub): their chapters, in reading order."""

import posixpath
from pathlib import Path
from urllib.parse import unquote
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from archivolt_core_documents.extraction import pages
from archivolt_core_documents.extraction.archives import Archive
from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.markup import local, parse
from archivolt_core_documents.extraction.results import Limits, UnreadableError

CONTAINER = "META-INF/container.xml"


def read_epub(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of a book."""
    archive = Archive(path, limits)
    package = Package()
    for name in (CONTAINER, lambda: package.location):
        member = name if isinstance(name, str) else name()
        if member not in archive:
            raise UnreadableError("The file is damaged: it lists no chapters.")
        with archive.open(member) as part:
            parse(part, package)
    for chapter in package.chapters():
        if chapter in archive:
            pages.read_markup(archive.read(chapter), text)


class Package(ContentHandler):
    """Where the table of a book's parts is, and what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.location = ""
        self._parts: dict[str, str] = {}
        self._order: list[str] = []

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """Note a part, or its place in the order."""
        name = local(name)
        if name == "rootfile" and not self.location:
            self.location = attrs.get("full-path", "")
        elif name == "item":
            self._parts[attrs.get("id", "")] = unquote(attrs.get("href", ""))
        elif name == "itemref":
            self._order.append(attrs.get("idref", ""))

    def chapters(self) -> list[str]:
        """List the chapters' members, each once."""
        folder = posixpath.dirname(self.location)
        found = (self._parts.get(part, "") for part in self._order)
        paths = (posixpath.normpath(posixpath.join(folder, part)) for part in found)
        return list(dict.fromkeys(paths))
