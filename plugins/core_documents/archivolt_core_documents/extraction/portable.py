"""PDF: the text layer and the fields of forms."""

import logging
from pathlib import Path

import pypdf.filters  # noqa: F401 - pypdf imports it late: in every child anew
from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from archivolt_core_documents.extraction.collecting import Text
from archivolt_core_documents.extraction.results import Limits, UnreadableError

LOCKED = "The PDF is encrypted: upload it without a password to make it searchable."
DAMAGED = "The PDF is damaged or cut off."

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what matters goes in `problem`


def read_pdf(path: Path, text: Text, limits: Limits) -> None:
    """Collect the text of a PDF."""
    reader = opened(path)
    try:
        pages = list(reader.pages)
    except PyPdfError as error:
        raise UnreadableError(DAMAGED) from error
    unread = sum(not read_page(page, text) for page in pages)
    if unread == len(pages):
        raise UnreadableError(DAMAGED)
    if unread:
        text.note(f"{unread} of {len(pages)} pages could not be read.")
    read_fields(reader, text)


def opened(path: Path) -> PdfReader:
    """Open a PDF, with the empty password if that is all it takes."""
    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError(LOCKED)
    except (DependencyError, NotImplementedError) as error:
        raise UnreadableError(LOCKED) from error
    except PyPdfError as error:
        raise UnreadableError(DAMAGED) from error
    return reader


def read_page(page: PageObject, text: Text) -> bool:
    """Collect a page, or return False: one bad page shall not cost the others."""
    try:
        found = page.extract_text()
    except (MemoryError, RecursionError):
        raise
    except Exception:  # pypdf raises whatever the damage leads to; it is counted
        return False
    text.line(found)
    return True


def read_fields(reader: PdfReader, text: Text) -> None:
    """Collect what was typed into a form: it is not part of any page."""
    try:
        fields = reader.get_form_text_fields()
    except (PyPdfError, LookupError, TypeError, AttributeError, ValueError):
        text.note("The form's fields could not be read.")
        return
    for value in filter(None, fields.values()):
        text.line(str(value))
