"""Who is to do a task, and as whom somebody may do it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archivolt_core_workflow.delegations import logic as delegations
from archivolt_core_workflow.delegations.service import delegations as stored
from archivolt_core_workflow.engine.model import Assignment, Node
from archivolt_core_workflow.tasks.service import rotations
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import hooks
from archivolt_host.kit.context import SYSTEM, actor
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import RefusedError

USER, ROLE, GROUP = "user:", "role:", "group:"


def subjects_of(
    assign: Assignment, key: str, node: Node, facts: Mapping[str, Any]
) -> list[str]:
    """Return who may do a task; nobody is an error, for it would wait for ever."""
    users = _users(assign, facts)
    if assign.round_robin and users:
        users = [_turn(users, key, node.name)]
    found = [f"{USER}{user}" for user in users]
    found += [f"{ROLE}{role}" for role in assign.roles]
    found += [f"{GROUP}{UUID(group)}" for group in assign.groups]
    if not found:
        raise RefusedError(f"Nobody is there to do '{node.title}'.")
    return found


def _users(assign: Assignment, facts: Mapping[str, Any]) -> list[UUID]:
    """Return the users that are named, or that the expression comes to."""
    names = list(assign.users)
    if assign.expression is not None:
        found = assign.expression.value(facts)
        names += found if isinstance(found, list) else [found]
    actors = [hooks.first("find_actor", who=str(n)) for n in names if n is not None]
    return list(dict.fromkeys(one.id for one in actors if one is not None))


def _turn(users: list[UUID], key: str, node: str) -> UUID:
    """Return whose turn it is; who is away is passed over, if somebody is there."""
    away = stored.deputies(users, now())
    there = [user for user in users if user not in away] or users
    return there[rotations.next_position(key, node) % len(there)]


def answerable(starter: UUID) -> Actor | None:
    """Return with whose rights something is done: never with those of the system.

    That is whoever acts, else whoever started it, or nobody where they are gone.
    """
    user = actor()
    if user.id != SYSTEM or starter == SYSTEM:
        return user
    found: Actor | None = hooks.first("find_actor", who=str(starter))
    return found


def own_subjects() -> list[str]:
    """Return as whom the actor finds tasks: all that they are, and the absent were."""
    found = _subjects(actor())
    for absent in delegations.standing_in():
        found += _subjects_of(absent)
    return list(dict.fromkeys(found))


def _subjects(user: Actor) -> list[str]:
    return [
        f"{USER}{user.id}",
        *(f"{ROLE}{role}" for role in sorted(user.roles)),
        *(f"{GROUP}{group}" for group in sorted(user.groups)),
    ]


def _subjects_of(absent: UUID) -> list[str]:
    """Return as whom somebody absent does tasks; who has left has no roles any more."""
    found: Actor | None = hooks.first("find_actor", who=str(absent))
    return [f"{USER}{absent}"] if found is None else _subjects(found)


def roles_of(user: UUID) -> list[str]:
    """Return the roles that somebody, or who stands in for them, decides with."""
    if user == actor().id:
        return sorted(actor().roles)
    found: Actor | None = hooks.first("find_actor", who=str(user))
    return [] if found is None else sorted(found.roles)


def for_whom(subjects: list[str], assignee: UUID | None) -> UUID | None:
    """Return as whom the actor may do a task: themselves, or somebody absent."""
    user = actor()
    if assignee is not None:
        if assignee == user.id or assignee in delegations.standing_in():
            return assignee
        return None
    wanted = set(subjects)
    if wanted.intersection(_subjects(user)):
        return user.id
    absent = delegations.standing_in()
    return next((one for one in absent if wanted.intersection(_subjects_of(one))), None)


def voters(subjects: list[str]) -> frozenset[UUID] | None:
    """Return who may vote, or None where a role or group leaves it open."""
    if not all(subject.startswith(USER) for subject in subjects):
        return None
    return frozenset(UUID(subject.removeprefix(USER)) for subject in subjects)
