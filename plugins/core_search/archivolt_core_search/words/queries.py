"""What users type, parsed: words, "phrases", -not, prefix*."""

import re
from dataclasses import dataclass

from archivolt_core_search.words.folding import fold, storable
from archivolt_host.kit.errors import InvalidError

CURLY = str.maketrans("“”„‟", '""""')
TOKEN = re.compile(r'(?P<no>-*)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))(?P<star>\*?)')


@dataclass(frozen=True)
class Term:
    """Words that follow each other; with ``prefix`` the last may go on."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class Query:
    """All of ``required`` are to be there, none of ``excluded``."""

    required: tuple[Term, ...]
    excluded: tuple[Term, ...] = ()


def parse(text: str) -> Query:
    """Read a query; nothing in it is syntax of a database."""
    required: dict[Term, None] = {}
    excluded: dict[Term, None] = {}
    for match in TOKEN.finditer(storable(text).translate(CURLY)):
        if (term := _term(match)).words:
            (excluded if match["no"] else required)[term] = None
    if not required:
        raise InvalidError(*_complaint(bool(excluded)))
    return Query(tuple(required), tuple(excluded))


def _term(match: re.Match[str]) -> Term:
    """Return one token's words; ``report.pdf`` is a phrase of two."""
    written = match["phrase"] if match["phrase"] is not None else match["word"]
    quoted = match["phrase"] is not None
    prefix = bool(match["star"]) or (not quoted and written.endswith("*"))
    return Term(tuple(fold(written).split()), prefix)


def _complaint(negations: bool) -> tuple[str, dict[str, list[str]]]:
    if negations:
        message = "Say what to find as well: a search cannot only leave out."
    else:
        message = "Search for at least one word: there is no letter or digit in q."
    return message, {"q": [message]}
