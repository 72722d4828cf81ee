"""The rules of the users domain. Knows no SQL and no HTTP."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from archivolt_core_identity import hashing, names
from archivolt_core_identity.sessions.models import REVOKED
from archivolt_core_identity.sessions.service import sessions
from archivolt_core_identity.users.models import ACTIVE, DISABLED, PERSON, SERVICE, User
from archivolt_core_identity.users.service import users
from archivolt_hookspecs.identity import Actor, UserInfo
from archivolt_host.kit import hooks
from archivolt_host.kit.access import allowed, permissions
from archivolt_host.kit.context import actor, tenant
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import InvalidError, RefusedError

OWNER, MEMBER = "owner", "member"
OLD_NAMES = {"admin": OWNER}  # what roles were called before there were grants


name_key = names.key


def create(
    username: str,
    password: str | None,
    *,
    roles: Sequence[str] | None = None,
    email: str | None = None,
    kind: str = PERSON,
) -> User:
    """Add a user; a used name, a short password or an unknown role is refused."""
    names.check(username)
    roles = named_roles(roles)
    if kind == SERVICE and password is not None:
        raise InvalidError(
            "A service account has no password: make keys for it at /vault/keys.",
            {"password": ["Not for service accounts."]},
        )
    if password is not None:
        hashing.check(password, username, email)
    key = name_key(username)
    if users.by_name(key) is not None:
        raise RefusedError(f"There is a user {username} already.")
    for twin in names.twins(key):
        if users.by_name(twin) is not None:
            raise RefusedError(
                f"{username} looks like the name of another user: take another name."
            )
    user = users.create(
        username=username.strip(),
        name_key=key,
        email=email or None,
        kind=kind,
        password_hash=hashing.hashed(password) if password else hashing.NO_PASSWORD,
    )
    hooks.join("user_saved", user=info(user), roles=roles)
    return user


def change(user: User, values: dict[str, Any]) -> User:
    """Change a user; who would lock themselves out is stopped."""
    if user.id == actor().id and values.get("state") == DISABLED:
        raise RefusedError(
            "You cannot disable yourself: ask somebody else who manages users."
        )
    if values.keys() & {"password", "email"}:
        refuse_takeover(user)
    values = {**values, "updated_at": now()}
    if (password := values.pop("password", None)) is not None:
        if user.kind == SERVICE:
            raise RefusedError("A service account has no password: give it a key.")
        hashing.check(password, user.username, user.email)
        values["password_hash"] = hashing.hashed(password)
        sessions.end_all(user.id, REVOKED)  # whoever knew the old one is out
    if values.get("state") == DISABLED:
        sessions.end_all(user.id, REVOKED)
    wanted = values.pop("roles", None)
    roles = None if wanted is None else named_roles(wanted)
    changed = users.update(user, **values)
    hooks.join("user_saved", user=info(changed), roles=roles)
    return changed


def change_own(user: User, values: dict[str, Any]) -> User:
    """Let a user say how they want to be called, and where and in what language."""
    if (zone := values.get("time_zone")) and zone not in available_timezones():
        raise InvalidError(
            f"There is no time zone {zone}: write one as in Europe/Berlin.",
            {"time_zone": ["No such time zone."]},
        )
    return users.update(user, **values, updated_at=now())


def profile(user: User) -> dict[str, Any]:
    """Return what a user sees of themselves, their permissions included."""
    held = sorted(name for name in permissions() if allowed(name))
    roles = sorted(actor().roles)
    return {**user._asdict(), "roles": roles, "permissions": held}  # type: ignore[attr-defined]


def shown(user: User) -> dict[str, Any]:
    """Return a user with the roles that they hold now."""
    return all_shown([user])[0]


def all_shown(found: Sequence[User]) -> list[dict[str, Any]]:
    """Return users with the roles that are granted to them, or to groups of theirs."""
    people = {user.id: frozenset(map(UUID, user.group_ids)) for user in found}
    roles = hooks.first("roles_of_many", people=people) or {}
    return [
        {**user._asdict(), "roles": sorted(roles.get(user.id, ()))}  # type: ignore[attr-defined]
        for user in found
    ]


def delete(user: User) -> None:
    """Delete a user, unless something of theirs would be left without them."""
    if user.id == actor().id:
        raise RefusedError("You cannot delete yourself: ask another who may.")
    hooks.ask("user_removal_refused", user_id=user.id)
    hooks.join("user_removed", user_id=user.id)
    users.delete(user)


def refuse_takeover(user: User) -> None:
    """Refuse to who holds less than a user what would let them be that user."""
    if user.id != actor().id:
        hooks.ask("takeover_refused", subjects=[user.id, *map(UUID, user.group_ids)])


def find_actor(who: str) -> Actor | None:
    """Return the active user of an id or a name as an actor, or None."""
    try:
        found = users.find(UUID(who))
    except ValueError:
        found = users.by_name(name_key(who))
    if found is None or found.state != ACTIVE:
        return None
    return actor_of(found)


def info(user: User) -> UserInfo:
    """Return a user as other plugins see them."""
    return UserInfo(user.id, user.username, user.email, user.state)


def named_roles(roles: Sequence[str] | None) -> list[str]:
    """Return roles by the names of today; a member's where none are given."""
    given = (MEMBER,) if roles is None else roles
    return sorted({OLD_NAMES.get(role, role) for role in given})


def create_admin(username: str, password: str) -> None:
    """Add the first user of a tenant, unless there is one of that name."""
    ensure(username, password, (OWNER,))


def ensure(username: str, password: str, roles: tuple[str, ...]) -> None:
    """Add a user, unless there is one of that name."""
    if users.by_name(name_key(username)) is None:
        create(username, password, roles=roles)


def set_password(user: User, password: str) -> None:
    """Give a user another password."""
    hashing.check(password, user.username, user.email)
    users.update(user, password_hash=hashing.hashed(password))
    sessions.end_all(user.id, REVOKED)


def actor_of(user: User) -> Actor:
    """Return a user as one who asks."""
    return as_actor(user.id, user)


def as_actor(
    id: UUID,
    found: Any,
    *,
    limits: Sequence[str] | None = None,
    impersonator: UUID | None = None,
) -> Actor:
    """Return whom a row with a user's name and groups stands for."""
    groups = frozenset(map(UUID, found.group_ids))
    return Actor(
        id,
        found.username,
        tenant().slug,
        hooks.first("roles_of", user=id, groups=groups) or frozenset(),
        groups,
        None if limits is None else frozenset(limits),
        impersonator,
    )
