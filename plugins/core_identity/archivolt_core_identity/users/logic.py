"""The rules of the users domain. Knows no SQL and no HTTP."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from archivolt_core_identity.users.models import ACTIVE, User
from archivolt_core_identity.users.service import users
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit.access import permissions
from archivolt_host.kit.context import tenant
from archivolt_host.kit.errors import InvalidError, RefusedError

ADMIN, MEMBER = "admin", "member"
ROLES = (ADMIN, MEMBER)
MIN_PASSWORD, MAX_PASSWORD = 8, 1024
MAX_NAME = 150

hasher = PasswordHasher()


def name_key(username: str) -> str:
    """Return what makes two user names the same."""
    return unicodedata.normalize("NFKC", username).casefold().strip()


def create(
    username: str, password: str, *, roles: tuple[str, ...] = (MEMBER,), email: str = ""
) -> User:
    """Add a user; a used name, a short password or an unknown role is refused."""
    _check_name(username)
    check_password(password)
    if unknown := set(roles) - set(ROLES):
        raise InvalidError(
            f"There is no role {', '.join(sorted(unknown))}: take {' or '.join(ROLES)}."
        )
    key = name_key(username)
    if users.by_name(key) is not None:
        raise RefusedError(f"There is a user {username} already.")
    return users.create(
        username=username.strip(),
        name_key=key,
        email=email or None,
        password_hash=hasher.hash(password),
        roles=sorted(roles),
    )


def create_admin(username: str, password: str) -> None:
    """Add the first user of a tenant, unless there is one of that name."""
    ensure(username, password, (ADMIN,))


def ensure(username: str, password: str, roles: tuple[str, ...]) -> None:
    """Add a user, unless there is one of that name."""
    if users.by_name(name_key(username)) is None:
        create(username, password, roles=roles)


def _check_name(username: str) -> None:
    if not 1 <= len(username.strip()) <= MAX_NAME or not username.isprintable():
        raise InvalidError(f"A user name has 1 to {MAX_NAME} printable characters.")


def check_password(password: str) -> None:
    """Refuse a password that is too short to be worth anything."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidError(
            f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.",
            {"password": [f"{MIN_PASSWORD} to {MAX_PASSWORD} characters."]},
        )


def set_password(user: User, password: str) -> None:
    """Give a user another password."""
    check_password(password)
    users.update(user, password_hash=hasher.hash(password))


def verify(user: User | None, password: str) -> bool:
    """Return whether the password is right; unknown names take just as long."""
    try:
        hasher.verify(user.password_hash if user else _nobody(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return user is not None and user.state == ACTIVE


@cache
def _nobody() -> str:
    return hasher.hash("nobody has this password")


def as_actor(id: object, name: str, roles: list[str]) -> Actor:
    """Return a user as other plugins see them."""
    return Actor(id, name, tenant().slug, frozenset(roles))  # type: ignore[arg-type]


def granted(actor: Actor, permission: str) -> bool | None:
    """Let admins do everything, and members what the permission names them for."""
    if ADMIN in actor.roles:
        return True
    declared = permissions().get(permission)
    return bool(declared and actor.roles.intersection(declared.roles)) or None
