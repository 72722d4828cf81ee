"""Text files by what they say, their names only refining it."""

import json
import re
from pathlib import PurePath

from archivolt_core_documents.extraction.decoding import BOMS, wide_encoding

PLAIN = "text/plain"
BY_SUFFIX = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".css": "text/css",
    ".js": "text/javascript",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
}
CONTROL = bytes(set(range(32)) - {7, 8, 9, 10, 12, 13, 27})
COMMENTS = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
HTML = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|script|style|table|div|h1|p)\b",
    re.IGNORECASE,
)
MARKUP = re.compile(r"</?(?:p|br|div|span|a|table|h[1-6]|ul|li|b|i)\b", re.IGNORECASE)
ROOT = re.compile(r"(?:<!DOCTYPE\s+(?P<doctype>[\w:-]+)[^>]*>\s*)?<(?P<root>[\w:.-]+)")
HEADER = re.compile(
    r"([A-Za-z][A-Za-z0-9-]{1,60}):[ \t]?.*(?:\r?\n[ \t]+.*)*(?:\r?\n|$)"
)
MAIL = frozenset(
    [
        "bcc",
        "cc",
        "content-transfer-encoding",
        "content-type",
        "date",
        "delivered-to",
        "from",
        "in-reply-to",
        "message-id",
        "mime-version",
        "received",
        "references",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
        "x-mailer",
        "x-original-to",
    ]
)
MAIL_HEADERS = 3
JSON = re.compile(r'\s*[\[{]\s*(?:["\[{\]}]|-?\d|true|false|null)')
ODD = 30  # one control character in so many is no text any more


def text_type(head: bytes, name: str) -> str | None:
    """Name the kind of a text, or return None for what is no text."""
    text = readable(head)
    if text is None:
        return None
    beginning = text[COMMENTS.match(text).end() :][:256]  # type: ignore[union-attr]
    if text.lstrip()[:5] == "<?xml":
        return xml_type(beginning)
    if HTML.match(beginning):
        return "text/html"
    return other_text(text, beginning, PurePath(name).suffix.lower())


def other_text(text: str, beginning: str, suffix: str) -> str:
    """Name a text without a mark of its own."""
    if text.startswith("{\\rtf"):
        return "application/rtf"
    if is_mail(text):
        return "message/rfc822"
    if is_json(text):
        return "application/json"
    if suffix in (".html", ".htm") and MARKUP.search(text):
        return "text/html"
    if beginning.startswith("<") and suffix in (".xml", ".svg", ".xhtml"):
        return xml_type(beginning)
    return BY_SUFFIX.get(suffix, PLAIN)


def readable(head: bytes) -> str | None:
    """Decode a beginning well enough to recognise it."""
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "ignore")
    if wide := wide_encoding(head):
        return head.decode(wide, "ignore")
    controls = len(head) - len(head.translate(None, CONTROL))
    if b"\0" in head or controls * ODD > len(head):
        return None
    return head.decode("utf-8", "replace")


def xml_type(beginning: str) -> str:
    """Name an XML language by its root."""
    found = ROOT.match(beginning)
    if not found:
        return "application/xml"
    roots = {(name or "").rpartition(":")[2].lower() for name in found.groups()}
    if "html" in roots:
        return "application/xhtml+xml"
    return "image/svg+xml" if "svg" in roots else "application/xml"


def is_mail(text: str) -> bool:
    """Tell a message by several headers of mail at its beginning."""
    if text.startswith("From "):  # how mailboxes mark a message
        text = text.partition("\n")[2]
    known, at = set(), 0
    while found := HEADER.match(text, at):
        known.add(found[1].lower())
        if len(known & MAIL) >= MAIL_HEADERS:
            return True
        at = found.end()
    return False


def is_json(text: str) -> bool:
    """Tell JSON, whole or cut off."""
    if not JSON.match(text):
        return False
    start = len(text) - len(text.lstrip())
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except json.JSONDecodeError as error:
        return "Unterminated" in error.msg or error.pos >= len(text) - 16
    except RecursionError:
        return True
    return text[end:].lstrip()[:1] in ("", "{", "[")
