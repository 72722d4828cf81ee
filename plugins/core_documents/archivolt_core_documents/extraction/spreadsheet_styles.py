"""Which numbers of a workbook are dates, and the names of its sheets."""

import re
from datetime import datetime, timedelta
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from archivolt_core_documents.extraction.markup import local

# Excel counts 1900 as a leap year; from March 1900 on this epoch is right.
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates have no zone
EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - the same
BUILT_IN = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
DATE = re.compile(r"[ymdhs]", re.IGNORECASE)
LAST_DAY = 2_958_465  # 9999-12-31


class Workbook(ContentHandler):
    """The sheets' names, and the day from which dates count."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[str] = []
        self.epoch = EPOCH

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """Note a sheet."""
        name = local(name)
        if name == "sheet":
            self.sheets.append(attrs.get("name", ""))
        elif name == "workbookPr" and attrs.get("date1904") in ("1", "true"):
            self.epoch = EPOCH_1904


class Styles(ContentHandler):
    """The cell styles that show a number as a date."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = EPOCH
        self._date_formats = {str(number) for number in BUILT_IN}
        self._date_styles: set[str] = set()
        self._styles = 0
        self._in_cells = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX
        """Note a number format, or a style that uses one."""
        name = local(name)
        if name == "cellXfs":
            self._in_cells = True
        elif name == "numFmt" and is_date(attrs.get("formatCode", "")):
            self._date_formats.add(attrs.get("numFmtId", ""))
        elif name == "xf" and self._in_cells:
            if attrs.get("numFmtId") in self._date_formats:
                self._date_styles.add(str(self._styles))
            self._styles += 1

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        """Leave the list of cell styles."""
        if local(name) == "cellXfs":
            self._in_cells = False

    def shown(self, raw: str, style: str) -> str:
        """Write a number as its style shows it, as far as search needs it."""
        return self._date(raw) if style in self._date_styles else raw

    def _date(self, raw: str) -> str:
        try:
            days = float(raw)
        except ValueError:
            return raw
        if not 1 <= days <= LAST_DAY:
            return raw  # a time of day, or no date at all
        moment = self.epoch + timedelta(seconds=round(days * 86400))
        return moment.date().isoformat() if days % 1 == 0 else moment.isoformat(" ")


def is_date(code: str) -> bool:
    """Tell whether a number format shows a date, whatever it quotes."""
    return bool(DATE.search(LITERAL.sub("", code)))
