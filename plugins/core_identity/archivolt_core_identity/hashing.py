"""Passwords: which are worth something, and how they are kept.

argon2 is most of what a sign-in costs, and that is meant: it is what a thief of the
database pays for each guess.
"""

from functools import cache, lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from archivolt_host.kit.errors import InvalidError
from archivolt_host.kit.settings import setting

MAX_PASSWORD = 1024
FEWEST_DIFFERENT = 4
NO_PASSWORD = ""  # signs nobody in
COMMON = Path(__file__).parent / "common_passwords.txt"

hasher = PasswordHasher()


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    return hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Return whether a password is right; without a hash "no" takes just as long."""
    try:
        hasher.verify(password_hash or _nobody(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return bool(password_hash)


def is_old(password_hash: str) -> bool:
    """Return whether a hash was made with weaker parameters than today's."""
    return hasher.check_needs_rehash(password_hash)


def check(password: str, *names: str | None) -> None:
    """Refuse a password that is too short, well known, or hardly more than a name."""
    shortest = setting("core_identity", "password_min_length")
    if not shortest <= len(password) <= MAX_PASSWORD:
        raise _refused(
            f"A password has {shortest} to {MAX_PASSWORD} characters.",
            f"{shortest} to {MAX_PASSWORD} characters.",
        )
    plain = password.casefold()
    if plain in _common() or len(set(plain)) < FEWEST_DIFFERENT:
        raise _refused(
            "That password is one of the first that anybody tries: take another.",
            "Too well known.",
        )
    for name in names:
        known = (name or "").casefold().strip()
        if known and known in plain and len(plain) - len(known) < FEWEST_DIFFERENT:
            raise _refused(
                "A password is to be more than the user's name: take another.",
                "Too close to the user's name.",
            )


def _refused(sentence: str, short: str) -> InvalidError:
    return InvalidError(sentence, {"password": [short]})


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text().split())


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hasher.hash("nobody has this password")
