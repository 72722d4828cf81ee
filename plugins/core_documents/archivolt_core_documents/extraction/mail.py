"""E-mail: who to whom about what, the bodies, the names of attachments."""

from email import message_from_binary_file
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import IO

from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.decoding import decode
from archivolt_core_documents.extraction.pages import read_markup
from archivolt_core_documents.extraction.results import Limits

HEADERS = ("Subject", "From", "To", "Cc", "Date")


def read_mail(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of a message."""
    with path.open("rb") as source:
        read_message(source, text)


def read_message(source: IO[bytes], text: Text) -> None:
    """Collect the text of a message and of those forwarded inside it."""
    message = message_from_binary_file(source)
    write_headers(message, text)
    for part in message.walk():
        read_part(part, text)


def read_part(part: Message, text: Text) -> None:
    """Collect one part: a body as text, an attachment as its name."""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        for inner in part.get_payload():
            write_headers(inner, text)  # type: ignore[arg-type]
    elif name := part.get_filename():
        text.line(readable(name))
    elif part.get_content_maintype() == "text":
        read_body(part, text)


def read_body(part: Message, text: Text) -> None:
    """Collect a body as its charset and type say."""
    raw, charset = part.get_payload(decode=True), part.get_content_charset()
    if not isinstance(raw, bytes):
        return
    if part.get_content_subtype() == "html":
        read_markup(raw, text, charset)
    else:
        text.line(decode(raw, charset))


def write_headers(message: Message, text: Text) -> None:
    """Collect the headers a person would search by."""
    for name in HEADERS:
        for value in message.get_all(name, []):
            text.line(f"{name}: {readable(str(value))}")


def readable(value: str) -> str:
    """Decode the words of a header, or leave it as it stands."""
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value
