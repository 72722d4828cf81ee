"""Bytes to text, when nobody says for certain how."""

import codecs
import re

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The web calls these names Latin-1, and means what Windows wrote.
WINDOWS = {"ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin-1", "latin1"}
CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
SAMPLE = 64 * 1024
MINIMUM = 32  # shorter samples make any guess a bet
# Among Latin alphabets the guesser takes French for Czech: only these are believed.
# Many bytes to a character rarely fit by chance; one byte must also read as words.
MULTIBYTE = re.compile(r"gb|big5|cp932|cp949|shift_jis|euc_|johab|hz|iso2022")
OTHER_SCRIPT = re.compile(
    r"cp1251|koi8|cp866|cp855|mac_cyrillic|iso8859_5|cp1253|iso8859_7"
    r"|cp125[56]|iso8859_[68]|cp874|tis_620"
)
COHERENT = 0.2


def decode(raw: bytes, declared: str | None = None) -> str:
    """Decode by byte order mark, declared charset, UTF-8, then by guess."""
    for mark, encoding in BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    if wide := wide_encoding(raw):
        return raw.decode(wide, "replace")
    for candidate in (declared, "utf-8"):
        text = strictly(raw, candidate)
        if text is not None:
            return text
    return raw.decode(guess(raw), "replace")


def declared_in(markup: bytes) -> str | None:
    """Find the charset a page claims in its first lines."""
    found = CHARSET.search(markup, 0, 4096)
    return found[1].decode("ascii", "ignore") if found else None


def strictly(raw: bytes, encoding: str | None) -> str | None:
    """Decode, or return None where the encoding is unknown or does not fit."""
    if not encoding or encoding.lower() in WINDOWS:
        return None  # any bytes would fit: UTF-8 first, then the guess
    try:
        # Incremental, so that a character cut at the end of the sample is no error.
        return codecs.getincrementaldecoder(encoding)("strict").decode(raw)
    except (LookupError, ValueError, AssertionError, TypeError):
        return None


def wide_encoding(raw: bytes) -> str | None:
    """Recognise UTF-16 without a mark by the zeros of its Western letters."""
    sample = raw[:512]
    if len(sample) < 4 or sample.count(0) * 3 < len(sample):
        return None
    odd, even = sample[1::2].count(0), sample[0::2].count(0)
    if odd > 8 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 8 * odd else None


def guess(raw: bytes) -> str:
    """Guess an eight-bit charset, Windows' Western one when in doubt."""
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return "cp1252"
    if len(raw) < MINIMUM:
        return "cp1252"
    best = from_bytes(raw[:SAMPLE]).best()
    if best and MULTIBYTE.match(best.encoding):
        return best.encoding
    if best and OTHER_SCRIPT.match(best.encoding) and best.coherence >= COHERENT:
        return best.encoding
    return "cp1252"
