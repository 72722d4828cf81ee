"""Folds text to bare words: case and accents gone, one space or more between words.

Both databases index folded text, so neither's own idea of words matters, and a snippet
marks exactly what the index found. Folding works character by character.
"""

import unicodedata
from collections.abc import Iterator, Sequence

# Scripts written without spaces: each character is a word, and a run is a phrase.
UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3040, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # kana of half width
    (0x20000, 0x3FFFF),
)
ZERO_WIDTH_SPACE = 0x200B
PIECE = 50_000  # characters that are indexed, and read for a snippet, at once
OVERLAP = 200  # characters that two pieces share, so that phrases are not cut


class _Folds(dict[int, str]):
    """Characters to what they fold to, found out when first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    if any(low <= ord(character) <= high for low, high in UNSPACED):
        normal = unicodedata.normalize("NFKC", character)
        return "".join(f" {c} " for c in normal if _in_word(c))
    if unicodedata.category(character) == "Cf":  # soft hyphens, marks of direction
        return " " if ord(character) == ZERO_WIDTH_SPACE else ""
    plain = unicodedata.normalize("NFKD", character).casefold()
    bare = unicodedata.normalize("NFKD", plain)
    kept = (c for c in bare if not unicodedata.combining(c))
    return "".join(c if _in_word(c) else " " for c in kept)


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


FOLDS = _Folds()


def fold(text: str) -> str:
    """Return text as the index sees it."""
    return text.translate(FOLDS)


def origins(text: str) -> Sequence[int]:
    """Return, for each character of the folded text, where it comes from."""
    if text.isascii():
        return range(len(text))
    return [i for i, c in enumerate(text) for _ in FOLDS[ord(c)]]


def storable(text: str) -> str:
    """Return text composed (NFC), and without what a database cannot hold."""
    text = text.replace("\0", " ")
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())


def pieces(text: str) -> Iterator[str]:
    """Cut a long text into overlapping pieces, between words where it can be."""
    start = 0
    while len(text) - start > PIECE:
        end = _gap(text, start + PIECE)
        yield text[start:end]
        start = _gap(text, end - OVERLAP)
    yield text[start:]


def _gap(text: str, position: int) -> int:
    """Return the last gap between words at or shortly before a position."""
    space = text.rfind(" ", position - OVERLAP, position)
    return space if space > 0 else position
