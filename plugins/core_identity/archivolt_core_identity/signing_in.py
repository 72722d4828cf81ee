"""Who somebody is, by name and password: the one door for tokens and cookies alike."""

from archivolt_core_identity import hashing
from archivolt_core_identity.attempts import logic as attempts
from archivolt_core_identity.factors import logic as factors
from archivolt_core_identity.users import logic as people
from archivolt_core_identity.users.models import ACTIVE, User
from archivolt_core_identity.users.service import users
from archivolt_host.kit import audit, hooks
from archivolt_host.kit.context import origin
from archivolt_host.kit.db import after_rollback, reading
from archivolt_host.kit.errors import DeniedError, RefusedError, UnauthorizedError

WRONG = "User name or password is wrong."
NOBODY = "unknown name"  # what was typed may be a password


def authenticate(username: str, password: str, otp: str | None = None) -> User:
    """Return the user whose password it is, or raise 401; 429 after too many.

    No transaction is open while argon2 works, and it works as long for a name that
    does not exist.
    """
    name, address = people.name_key(username), origin().address
    attempts.begin(name, address)
    with reading():
        user = users.by_name(name)
    after_rollback(lambda: audit.note("sign_in_refused", user.id if user else NOBODY))
    right = hashing.matches(user.password_hash if user else "", password)
    if user is None or not right or user.state != ACTIVE:
        raise UnauthorizedError(WRONG)
    factors.check(user.id, otp)
    try:
        hooks.ask("sign_in_refused", username=user.username)
    except RefusedError as refusal:
        raise DeniedError(str(refusal)) from refusal
    attempts.succeeded(name, address)
    if hashing.is_old(user.password_hash):
        user = users.update(user, password_hash=hashing.hashed(password))
    audit.note("sign_in", user.id, actor=people.actor_of(user))
    return user
