"""The rules of the users domain. Knows no SQL and no HTTP."""

import unicodedata
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from archivolt_core_platform.users.models import ACTIVE, DISABLED
from archivolt_core_platform.users.service import users
from archivolt_host.kit.errors import InvalidError, NotFoundError, RefusedError

# Who runs the deployment can be anybody in it: a longer password than others'.
SHORTEST, LONGEST = 12, 1024
MAX_NAME = 150

hasher = PasswordHasher()


def name_key(username: str) -> str:
    """Return what makes two names the same."""
    return unicodedata.normalize("NFKC", username).casefold().strip()


def create(username: str, password: str) -> None:
    """Add a platform user; a used name or a short password is refused."""
    key = name_key(username)
    if not key.isascii() or not key.isprintable() or not 1 <= len(key) <= MAX_NAME:
        raise InvalidError("A platform user's name is plain letters and digits.")
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidError(
            f"The password of a platform user has {SHORTEST} to {LONGEST} characters."
        )
    if users.by_name(key) is not None:
        raise RefusedError(f"There is a platform user {username} already.")
    users.add(
        username=username.strip(), name_key=key, password_hash=hasher.hash(password)
    )


def disable(username: str) -> None:
    """Let a platform user in no more."""
    user = users.by_name(name_key(username))
    if user is None:
        raise NotFoundError("Platform user", username)
    users.change(user, state=DISABLED)


def verified(username: str, password: str) -> Any:
    """Return the active user whose password it is, or None, which takes as long."""
    user = users.by_name(name_key(username))
    try:
        hasher.verify(user.password_hash if user else _nobody(), password)
    except (VerifyMismatchError, InvalidHashError):
        return None
    return user if user is not None and user.state == ACTIVE else None


@cache
def _nobody() -> str:
    return hasher.hash("nobody has this password")
