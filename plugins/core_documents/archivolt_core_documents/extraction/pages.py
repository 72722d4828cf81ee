"""Web pages: what a reader sees, without scripts and styles."""

import re
from html.parser import HTMLParser
from pathlib import Path

from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.decoding import declared_in, decode
from archivolt_core_documents.extraction.results import Limits

HIDDEN = {"script", "style"}
BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
CELLS = {"td", "th"}
SPACES = re.compile(r"\s+")


def read_html(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of a web page."""
    read_markup(path.read_bytes(), text)


def read_markup(raw: bytes, text: Text, charset: str | None = None) -> None:
    """Collect the text of a page in memory."""
    page = Page(text)
    page.feed(decode(raw, charset or declared_in(raw)))
    page.close()
    text.add("\n")


class Page(HTMLParser):
    """Hands the visible text on as it is parsed; depth costs nothing."""

    def __init__(self, text: Text) -> None:
        super().__init__(convert_charrefs=True)
        self._text = text
        self._hidden: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Break lines at blocks, and keep what stands for a picture."""
        if tag in HIDDEN:
            self._hidden = tag
        elif tag in BLOCKS:
            self._text.add("\n")
        elif tag == "img" and (alternative := dict(attrs).get("alt")):
            self._text.add(f" {alternative} ")

    def handle_endtag(self, tag: str) -> None:
        """Break lines after blocks, and columns after cells."""
        if tag == self._hidden:
            self._hidden = None
        elif tag in BLOCKS:
            self._text.add("\n")
        elif tag in CELLS:
            self._text.add("\t")

    def handle_data(self, data: str) -> None:
        """Keep visible text."""
        if not self._hidden:
            self._text.add(SPACES.sub(" ", data))
