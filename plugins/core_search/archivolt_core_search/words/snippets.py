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
        """Return where a hit begins, or None: the first one as a rule."""
        for start, end in self._looks(text):
            part = text[start:end]
            folded = f" {fold(part)} "
            if (place := self._find_folded(folded)) is not None:
                return start + _origin(part, folded, place)
        return None

    def _looks(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the parts to look at: small ones first, then likely ones, then all.

        Folding is fast for ASCII alone; elsewhere a word is first looked for as it is.
        """
        if len(text) > FIRST_LOOK and not text.isascii():
            yield 0, FIRST_LOOK
            for needle, _ in self._needles:
                if (place := text.find(needle.strip(), FIRST_LOOK)) >= 0:
                    yield _word_before(text, place), place + SHARED
        start, size = 0, FIRST_LOOK
        while start < len(text):
            yield start, start + size
            start, size = start + size - SHARED, min(size * 2, LAST_LOOK)

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
        before, after = text[begin:place], text[place:end].split()
        left, right = (
            _whole(before.split(), begin, -1),
            _whole(after, end - len(text), 1),
        )
        shown = left[max(0, len(left) - self._words // AHEAD) :]
        rest = right[: self._words - len(shown)]
        glue = "" if before and not before[-1].isspace() else " "
        window = f"{' '.join(shown)}{glue}{' '.join(rest)}".strip()
        opened = begin > 0 or len(shown) < len(left)
        closed = end < len(text) or len(rest) < len(right)
        return f"{ELLIPSIS * opened}{self._marked(window)}{ELLIPSIS * closed}"

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


def _word_before(text: str, place: int) -> int:
    """Return a place shortly before, not within a word where it can be helped."""
    return max(text.rfind(" ", max(0, place - SHARED), place), 0)


def _origin(part: str, folded: str, place: int) -> int:
    """Return where a place in the folded text is in the text."""
    if len(folded) - 2 == len(part):  # no character became more or fewer
        return place
    return origins(part)[place]


def _whole(words: list[str], cut: int, side: int) -> list[str]:
    """Leave out the word at the far end where it may be but a part of one."""
    if (cut <= 0 if side < 0 else cut >= 0) or len(words) < 2:
        return words
    return words[1:] if side < 0 else words[:-1]


def _inner(folded: str, left: int, right: int) -> tuple[int, int]:
    """Leave out the spaces at the ends of a match."""
    inside = folded[left:right]
    return left + len(inside) - len(inside.lstrip()), left + len(inside.rstrip())
