"""User names: when two are the same, and when one only looks like another."""

import unicodedata

from archivolt_host.kit.errors import InvalidError

MAX_NAME = 150
# Scripts that are written together; any other mixture is somebody's disguise.
TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
LATIN = "aceopxyijshkmtbnvuw"
TWINS = (
    "асеорхуіјѕһкмтвпѵцш",
    "αϲεορχγιϳѕһκмτβηνυω",
)
# A letter's long mark has no script of its own.
SHARED = "KATAKANA-HIRAGANA"


def key(username: str) -> str:
    """Return what makes two user names the same."""
    return unicodedata.normalize("NFKC", username).casefold().strip()


def check(username: str) -> None:
    """Refuse a name that nobody could read, or that mixes scripts to deceive."""
    if not 1 <= len(username.strip()) <= MAX_NAME or not username.isprintable():
        raise _refused(f"A user name has 1 to {MAX_NAME} printable characters.")
    found = scripts(key(username))
    if len(found) > 1 and not any(found <= group for group in TOGETHER):
        names = " and ".join(sorted(name.title() for name in found))
        raise _refused(
            f"The name mixes {names} letters, which look alike: write it in one script."
        )


def scripts(text: str) -> frozenset[str]:
    """Return the scripts of a text's letters."""
    letters = [unicodedata.name(c, "").split(" ")[0] for c in text if c.isalpha()]
    return frozenset(letters) - {SHARED, ""}


def twins(name_key: str) -> list[str]:
    """Return the names in other scripts that look the same as this one."""
    found = {_in(name_key, twin, LATIN) for twin in TWINS}
    plain = next((one for one in sorted(found) if one != name_key), name_key)
    found |= {plain} | {_in(plain, LATIN, twin) for twin in TWINS}
    return sorted(found - {name_key})


def _in(text: str, letters: str, others: str) -> str:
    """Return a text in other letters, or as it is where one has no counterpart."""
    table = dict(zip(letters, others, strict=True))
    if any(c.isalpha() and c not in table for c in text):
        return text
    return "".join(table.get(c, c) for c in text)


def _refused(sentence: str) -> InvalidError:
    return InvalidError(sentence, {"username": ["Not a name to go by."]})
