"""The rules of the passwords domain. Knows no SQL and no HTTP."""

from datetime import timedelta
from uuid import UUID

from archivolt_core_identity import caller, hashing
from archivolt_core_identity.attempts import logic as attempts
from archivolt_core_identity.passwords.service import resets
from archivolt_core_identity.sessions.logic import digest
from archivolt_core_identity.users import logic as people
from archivolt_core_identity.users.models import ACTIVE
from archivolt_core_identity.users.service import users
from archivolt_host.kit.context import actor, origin
from archivolt_host.kit.db import now, reading
from archivolt_host.kit.errors import DeniedError, InvalidError, StaleError

GOOD_FOR = timedelta(hours=1)
PAUSE = timedelta(minutes=1)  # between two messages to one user
UNUSABLE = "This word is not good, or no longer: ask for another reset."


def wants_mail(user_id: UUID) -> bool:
    """Return whether it is long enough since the last message to a user."""
    return not resets.is_recent(user_id, now() - PAUSE)


def begin(user_id: UUID, word: str) -> None:
    """Note the word that a user was sent; only its hash."""
    resets.create(user_id=user_id, proof=digest(word), expires_at=now() + GOOD_FOR)


def finish(word: str, password: str) -> None:
    """Set the password of whoever was sent the word; it is good once."""
    reset = resets.by_proof(digest(word))
    if reset is None or reset.used_at is not None or reset.expires_at <= now():
        raise InvalidError(UNUSABLE, {"token": ["Not good."]})
    user = users.get(reset.user_id)
    if user.state != ACTIVE:
        raise InvalidError(UNUSABLE, {"token": ["Not good."]})
    try:
        resets.update(reset, used_at=now())
    except StaleError as error:
        raise InvalidError(UNUSABLE, {"token": ["Not good."]}) from error
    people.set_password(user, password)
    attempts.succeeded(user.name_key, origin().address)


def change_own(old: str, new: str) -> None:
    """Give the one who asks another password; all their sessions end."""
    caller.require_session()
    with reading():
        user = users.get(actor().id)
    attempts.begin(user.name_key, origin().address)
    if not hashing.matches(user.password_hash, old):
        raise DeniedError("That is not your present password.")
    attempts.succeeded(user.name_key, origin().address)
    people.set_password(user, new)


def forget_old() -> int:
    """Delete resets that have expired; return how many."""
    return resets.forget(now())
