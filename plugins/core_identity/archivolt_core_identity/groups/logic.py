"""The rules of the groups domain. Knows no SQL and no HTTP.

Every user carries the ids of all their groups, direct or through another, so that who
is asking is known with one read. What changes a group brings them up to date.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from archivolt_core_identity.groups.models import Group
from archivolt_core_identity.groups.service import groups, memberships, nestings
from archivolt_core_identity.users.logic import name_key
from archivolt_core_identity.users.service import users
from archivolt_host.kit import hooks
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import InvalidError, NotFoundError, RefusedError


def name_of(id: UUID) -> str | None:
    """Return the name of a group, or None."""
    try:
        return groups.get(id).name
    except NotFoundError:
        return None


def create(name: str, description: str = "") -> Group:
    """Make a group; a used name is refused."""
    key = _free(name)
    return groups.create(name=name.strip(), name_key=key, description=description)


def change(group: Group, values: dict[str, Any]) -> Group:
    """Rename or describe a group."""
    if (name := values.get("name")) is not None:
        key = name_key(name)
        values["name_key"] = key if key == group.name_key else _free(name)
        values["name"] = name.strip()
    return groups.update(group, **values, updated_at=now())


def delete(group: Group) -> None:
    """Delete a group; what it gave its members is gone with it."""
    groups.lock_nesting()
    affected = memberships.users_in(list(_within(group.id)))
    hooks.join("group_removed", group_id=group.id)
    memberships.empty(group.id)
    nestings.free(group.id)
    groups.delete(group)
    _bring_up_to_date(affected)


def add_user(group: Group, user_id: UUID) -> None:
    """Put a user into a group; who is in it already stays."""
    if users.find(user_id) is None:
        raise NotFoundError("User", user_id)
    groups.lock_nesting()
    _refuse_takeover(group)
    if memberships.find(group.id, user_id) is None:
        memberships.create(group_id=group.id, user_id=user_id)
        _bring_up_to_date([user_id])


def remove_user(group: Group, user_id: UUID) -> None:
    """Take a user out of a group."""
    groups.lock_nesting()
    found = memberships.find(group.id, user_id)
    if found is None:
        raise NotFoundError("Member", user_id)
    memberships.delete(found)
    _bring_up_to_date([user_id])


def add_group(outer: Group, inner_id: UUID) -> None:
    """Put a group into another; not into itself, by no way round."""
    inner = groups.get(inner_id)
    groups.lock_nesting()
    if outer.id in _within(inner.id):
        raise RefusedError(
            f"{outer.name} is {inner.name}, or lies in it already: a group cannot be "
            "in itself."
        )
    _refuse_takeover(outer)
    if nestings.find(outer.id, inner.id) is None:
        nestings.create(outer_id=outer.id, inner_id=inner.id)
        _bring_up_to_date(memberships.users_in(list(_within(inner.id))))


def remove_group(outer: Group, inner_id: UUID) -> None:
    """Take a group out of another."""
    groups.lock_nesting()
    found = nestings.find(outer.id, inner_id)
    if found is None:
        raise NotFoundError("Group", inner_id)
    nestings.delete(found)
    _bring_up_to_date(memberships.users_in(list(_within(inner_id))))


def _refuse_takeover(group: Group) -> None:
    """Refuse to give rights, by way of a group, that the one who asks does not hold."""
    steps = nestings.pairs()
    hooks.ask("takeover_refused", subjects=sorted(_reached([group.id], steps)))


def _free(name: str) -> str:
    key = name_key(name)
    if not key or not name.isprintable():
        raise InvalidError(
            "A group's name has 1 to 150 printable characters.", {"name": ["Not so."]}
        )
    if groups.by_name(key) is not None:
        raise RefusedError(f"There is a group {name} already.")
    return key


def _within(id: UUID) -> set[UUID]:
    """Return a group and all that lie in it."""
    return _reached([id], [(outer, inner) for inner, outer in nestings.pairs()])


def _reached(start: Iterable[UUID], steps: list[tuple[UUID, UUID]]) -> set[UUID]:
    found, waiting = set(start), list(start)
    while waiting:
        here = waiting.pop()
        new = {there for at, there in steps if at == here} - found
        found |= new
        waiting += new
    return found


def _bring_up_to_date(user_ids: Iterable[UUID]) -> None:
    """Tell users of all groups they are in now; those alike in one statement."""
    ids, steps = list(user_ids), nestings.pairs()
    direct: dict[UUID, set[UUID]] = {id: set() for id in ids}
    for user, group in memberships.of_users(ids):
        direct[user].add(group)
    alike: dict[tuple[str, ...], list[UUID]] = {}
    for user, first in direct.items():
        reached = tuple(sorted(str(id) for id in _reached(first, steps)))
        alike.setdefault(reached, []).append(user)
    for reached, found in alike.items():
        users.bulk_update(found, group_ids=list(reached))
