"""XML streamed through a hardened parser: no entities, nothing fetched, no tree."""

from collections.abc import Mapping, Set
from typing import IO, Any
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.expatreader import DefusedExpatParser

from archivolt_core_documents.extraction.collecting import Text


def parse(source: IO[bytes], handler: ContentHandler) -> None:
    """Feed a document to a handler; entity declarations raise."""
    # A reference to an outside DTD is common and ignored: nothing is ever fetched.
    parser: Any = DefusedExpatParser(forbid_external=False)
    parser.setContentHandler(handler)
    parser.parse(source)


def local(name: str) -> str:
    """Strip the prefix: producers choose it as they like."""
    return name.rpartition(":")[2]


class Prose(ContentHandler):
    """Collects the characters inside some elements, with breaks at others."""

    def __init__(
        self,
        text: Text,
        *,
        keep: Set[str] = frozenset(),
        skip: Set[str] = frozenset(),
        before: Mapping[str, str] | None = None,
        after: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.text = text
        self._keep, self._skip = keep, skip
        self._before, self._after = before or {}, after or {}
        self._kept = 0 if keep else 1
        self._skipped = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """Enter an element."""
        name = local(name)
        if self._skipped or name in self._skip:
            self._skipped += 1
            return
        self._kept += name in self._keep
        if name in self._before:
            self.text.add(self._before[name])

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        """Leave an element."""
        if self._skipped:
            self._skipped -= 1
            return
        name = local(name)
        self._kept -= name in self._keep
        if name in self._after:
            self.text.add(self._after[name])

    def characters(self, content: str) -> None:
        """Keep the characters, if this is the place."""
        if self._kept and not self._skipped:
            self.text.add(content)
