"""Shows where a hit is: a few words around it, escaped, with what matched in <mark>."""

import re
from collections.abc import Iterator, Sequence
from html import escape

from archivolt_core_search.words.folding import fold, origins
from archivolt_core_search.words.queries import Query, Term

FIRST_LOOK = 2048  # characters; most hits are near the beginning
LAST_LOOK = 16_384
SHARED = 256  # characters that two looks share
WORD_LENGTH = 12  # characters a word may take in a snippet, on average
AHEAD = 3  # one part of so many comes before the hit
ELLIPSIS = "…"


class Snippets:
    """Makes the snippets of one query."""

    def __init__(self, query: Query, words: int) -> None:
        terms = sorted(query.required, key=_length, reverse=True)
        self._needles = [(_needle(t), re.compile(_pattern(t))) for t in terms]
        every = "|".join(_pattern(t) for t in terms)
        self._marks = re.compile(f"(?<![^ ])(?:{every})")
        self._words = words

    def of(self, texts: Sequence[str]) -> str:
        """Return the place of the first hit in these texts, the first one preferred."""
        for text in texts:
            if (place := self.find(text)) is not None:
                return self._around(text, place)
        return self._around(next(filter(None, texts), ""), 0)

    def find(self, text: str) -> int | None:
        """Return where the first hit begins, or None."""
        for start, end in _looks(len(text)):
            part = text[start:end]
            folded = f" {fold(part)} "
            if (place := self._find_folded(folded)) is not None:
                return start + _origin(part, folded, place)
        return None

    def _find_folded(self, folded: str) -> int | None:
        for needle, pattern in self._needles:
            place = folded.find(needle)
            while place >= 0:
                if pattern.match(folded, place + 1):
                    return place
                place = folded.find(needle, place + 1)
        return None

    def _around(self, text: str, place: int) -> str:
        """Cut out the words around a place, and mark what matches."""
        room = self._words * WORD_LENGTH
        begin, end = max(0, place - room // AHEAD), place + room
        before = _before(text[begin:place], self._words // AHEAD, begin > 0)
        rest = self._words - len(before.split())
        after = _after(text[place:end], rest, end < len(text))
        opened = ELLIPSIS if text[: place - len(before)].strip() else ""
        closed = ELLIPSIS if text[place + len(after) :].strip() else ""
        window = " ".join((before + after).split())
        return opened + self._marked(window) + closed

    def _marked(self, window: str) -> str:
        folded, origin = fold(window), origins(window)
        parts, done = [], 0
        for match in self._marks.finditer(folded):
            left, right = _inner(folded, *match.span())
            begin, end = origin[left], origin[right - 1] + 1
            hit = f"<mark>{escape(window[begin:end])}</mark>"
            parts += [escape(window[done:begin]), hit]
            done = end
        return "".join(parts) + escape(window[done:])


def _length(term: Term) -> int:
    return sum(map(len, term.words))


def _pattern(term: Term) -> str:
    words = " +".join(map(re.escape, term.words))
    return f"{words}[^ ]*" if term.prefix else f"{words}(?![^ ])"


def _needle(term: Term) -> str:
    """Return what cannot be missing where the term is: finding it is fast."""
    open_end = term.prefix and len(term.words) == 1
    return f" {term.words[0]}" if open_end else f" {term.words[0]} "


def _looks(length: int) -> Iterator[tuple[int, int]]:
    """Yield the parts to look at, small ones first."""
    start, size = 0, FIRST_LOOK
    while start < length:
        yield start, start + size
        if start + size >= length:
            return
        start, size = start + size - SHARED, min(size * 2, LAST_LOOK)


def _origin(part: str, folded: str, place: int) -> int:
    """Return where a place in the folded text is in the text."""
    if len(folded) - 2 == len(part):  # no character became more or fewer
        return place
    return origins(part)[place]


def _before(text: str, words: int, cut: bool) -> str:
    """Return the last words of what comes before a hit."""
    starts = [m.start() for m in re.finditer(r"\S+", text)]
    if cut and len(starts) > 1 and not text[0].isspace():
        starts = starts[1:]  # the first is but the end of a word
    return (
        text[starts[-words] if words <= len(starts) else starts[0] :]
        if (starts and words)
        else ""
    )


def _after(text: str, words: int, cut: bool) -> str:
    """Return the first words of a text that begins with a hit."""
    ends = [m.end() for m in re.finditer(r"\S+", text)]
    if cut and len(ends) > 1:
        ends = ends[:-1]  # the last may be but the beginning of a word
    return text[: ends[min(words, len(ends)) - 1]] if ends else ""


def _inner(folded: str, left: int, right: int) -> tuple[int, int]:
    """Leave out the spaces at the ends of a match."""
    inside = folded[left:right]
    return left + len(inside) - len(inside.lstrip()), left + len(inside.rstrip())
