"""The text of one document while it is being read."""

from io import StringIO

from archivolt_core_documents.extraction.results import Extracted

NOTES = 3


class FullError(Exception):
    """As much text as may be kept has been read."""


class Text:
    """Collects pieces of text up to a limit."""

    def __init__(self, characters: int) -> None:
        self.room = self.characters = characters
        self.notes: list[str] = []
        self._buffer = StringIO()

    def add(self, piece: str) -> None:
        """Append a piece; raise when the text is full."""
        self._buffer.write(piece[: self.room])
        self.room -= len(piece)
        if self.room < 0:
            self.note(f"Only the first {self.characters:,} characters are searchable.")
            raise FullError

    def line(self, piece: str) -> None:
        """Append a piece on a line of its own."""
        self.add(f"{piece}\n")

    def restart(self) -> None:
        """Forget what was collected."""
        self.room = self.characters
        self._buffer = StringIO()

    def note(self, sentence: str) -> None:
        """Remember what the reader of the text should know, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def result(self, empty: str) -> Extracted:
        """Tidy the text up; `empty` says why there may be none."""
        text = storable(self._buffer.getvalue())
        if not text:
            self.notes = self.notes or [empty]
        problem = " ".join(self.notes[:NOTES]) or None
        return Extracted("done" if text else "empty", text, problem)


def storable(text: str) -> str:
    """Drop what databases refuse, what hides words from search, and blank lines."""
    # Lone surrogates and NUL are refused by PostgreSQL; a soft hyphen splits words.
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = text.replace("\0", "").replace("\u00ad", "")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(filter(None, lines))
