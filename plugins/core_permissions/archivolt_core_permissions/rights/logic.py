"""The rules of who may do what. Knows no SQL and no HTTP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from archivolt_core_permissions.grants.models import ALLOW, DENY
from archivolt_core_permissions.rights.service import (
    ANYHOW,
    AT_ONCE,
    EACH,
    FOREVER,
    Wanted,
    rights,
)
from archivolt_core_permissions.roles.logic import preset_holds
from archivolt_core_permissions.roles.models import PLATFORM_ADMIN, PRESETS
from archivolt_hookspecs.identity import Actor
from archivolt_hookspecs.permissions import TwoWays
from archivolt_hookspecs.registration import Permission
from archivolt_host.kit.access import permissions
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import looking, memory, now

EPOCH, CHANGING = "core_permissions.epoch", "core_permissions.changing"
NAMES = {id: name for name, id in PRESETS.items()}
REMEMBERED = 4096  # people, in this process

Roles = Mapping[UUID, tuple[str, frozenset[str]]]  # names and permissions by id


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds, and until when: by effect, on the tenant or below."""

    id: UUID
    name: str
    permissions: frozenset[str]
    until: Mapping[tuple[str, bool], datetime]

    def allows(self, permission: Permission) -> bool:
        """Return whether the permission belongs to the role."""
        if self.id in NAMES:
            return preset_holds(self.name, permission)
        return permission.name in self.permissions

    def lasts(self, effect: str, moment: datetime, *, whole: bool) -> bool:
        """Return whether it is held to this effect at a moment."""
        until = self.until.get((effect, whole))
        return until is not None and until > moment


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about somebody and one permission before any row is looked at.

    ``whole`` is whether it is allowed on the tenant; then come the roles by which
    single scopes are allowed or denied. It holds until a moment.
    """

    whole: bool = False
    allowing: tuple[UUID, ...] = ()
    denying: tuple[UUID, ...] = ()
    permission: Permission | None = None
    until: datetime = FOREVER

    @property
    def somewhere(self) -> bool:
        """Whether it may be allowed on anything at all."""
        return self.whole or bool(self.allowing)

    def decide(self, found: Iterable[tuple[UUID, str]]) -> bool:
        """Return whether roles that are granted and denied allow it together."""
        allowed = self.whole
        for role, effect in found:
            if effect == DENY and role in self.denying:
                return False
            allowed = allowed or (effect == ALLOW and role in self.allowing)
        return allowed


NOWHERE = Standing()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The roles of somebody, as they are until the next change of anybody's rights."""

    held: tuple[Held, ...]
    known: dict[str, Standing] = field(default_factory=dict)
    ways: dict[tuple[UUID, ...], str] = field(default_factory=dict)

    def standing(self, permission: Permission, moment: datetime) -> Standing:
        """Return how they stand with a permission; a denial wins."""
        found = self.known.get(permission.name)
        if found is None or found.permission is not permission or found.until <= moment:
            found = self.known[permission.name] = self._standing(permission, moment)
        return found

    def _standing(self, permission: Permission, moment: datetime) -> Standing:
        whole, denied, allowing, denying = False, False, [], []
        for one in self.held:
            if not one.allows(permission):
                continue
            denied = denied or one.lasts(DENY, moment, whole=True)
            whole = whole or one.lasts(ALLOW, moment, whole=True)
            if permission.scoped and one.lasts(ALLOW, moment, whole=False):
                allowing.append(one.id)
            if permission.scoped and one.lasts(DENY, moment, whole=False):
                denying.append(one.id)
        until = min(self._ends(moment), default=FOREVER)
        if denied:
            return Standing(permission=permission, until=until)
        return Standing(whole, tuple(allowing), tuple(denying), permission, until)

    def _ends(self, moment: datetime) -> Iterable[datetime]:
        return (end for one in self.held for end in one.until.values() if end > moment)


def granted(actor: Actor, permission: str) -> bool:
    """Return whether somebody holds a permission, on the tenant or on any scope."""
    return _standing(actor, permission, now()).somewhere


def granted_on(actor: Actor, action: str, scope: UUID, parent: UUID | None) -> bool:
    """Return whether somebody may act on one row; parent is what it lies in."""
    moment = now()
    found = _standing(actor, action, moment)
    if not found.somewhere or (found.whole and not found.denying):
        return found.whole
    subjects = (actor.id, *actor.groups)
    with looking():
        return found.decide(rights.deciding(subjects, scope, parent, moment))


def predicate(actor: Actor, action: str, scope: Any, parent: Any) -> Any:
    """Return the condition for the rows on which they may act, or whether on all."""
    moment = now()
    found = _standing(actor, action, moment)
    if not found.somewhere or (found.whole and not found.denying):
        return found.whole
    subjects = (actor.id, *actor.groups)
    wanted = Wanted(subjects, found.allowing, found.denying, moment)
    begin = ANYHOW if found.whole else _way(actor, wanted)
    said = {
        way: rights.condition(wanted, scope, parent, anyway=found.whole, way=way)
        for way in ((ANYHOW,) if begin == ANYHOW else (EACH, AT_ONCE))
    }
    if begin == ANYHOW:
        return said[ANYHOW]
    return TwoWays(said[EACH], said[AT_ONCE], much=begin == EACH)


def roles_of(user: UUID, groups: frozenset[UUID]) -> frozenset[str]:
    """Return the names of the roles that a user holds on the whole tenant."""
    moment, snapshot = now(), _snapshot_of(user, groups)
    return frozenset(
        one.name for one in snapshot.held if one.lasts(ALLOW, moment, whole=True)
    )


def roles_of_many(
    people: Mapping[UUID, frozenset[UUID]],
) -> Mapping[UUID, frozenset[str]]:
    """Return the names of the roles that users hold on the whole tenant."""
    subjects = {*people, *(group for groups in people.values() for group in groups)}
    held: dict[UUID, set[str]] = {}
    with looking():
        for subject, role in rights.on_tenant(tuple(subjects), now()):
            held.setdefault(subject, set()).add(role)
    return {
        user: frozenset(r for one in (user, *groups) for r in held.get(one, ()))
        for user, groups in people.items()
    }


def changing() -> None:
    """Let all processes read rights anew; to be said right before they change."""
    rights.renew()
    memory()[CHANGING] = True


def _standing(actor: Actor, name: str, moment: datetime) -> Standing:
    permission = permissions().get(name)
    if permission is None or _is_withheld(actor, permission):
        return NOWHERE
    if PLATFORM_ADMIN in actor.roles and actor.impersonator is None:
        return Standing(preset_holds(PLATFORM_ADMIN, permission))
    return _snapshot_of(actor.id, actor.groups).standing(permission, moment)


def _is_withheld(actor: Actor, permission: Permission) -> bool:
    """Return whether an API key, or acting for somebody else, leaves it out."""
    if actor.limits is not None and permission.name not in actor.limits:
        return True
    return actor.impersonator is not None and not permission.impersonated


def _way(actor: Actor, wanted: Wanted) -> str:
    """Return how a list of what somebody sees begins."""
    ways = _snapshot_of(actor.id, actor.groups).ways
    key = tuple(wanted.allowing)
    if key not in ways:
        ways[key] = rights.way(wanted) if key else AT_ONCE
    return ways[key]


def _snapshot_of(user: UUID, groups: frozenset[UUID]) -> Snapshot:
    with looking():
        kept = memory()
        if CHANGING in kept:  # what is half done here must not be taken for the end
            return _read(_read_roles(), user, groups)
        token = kept.get(EPOCH) or kept.setdefault(EPOCH, rights.token())
        return _snapshot(tenant().id, token, user, groups)


@lru_cache(maxsize=REMEMBERED)
def _snapshot(
    tenant: UUID, token: UUID, user: UUID, groups: frozenset[UUID]
) -> Snapshot:
    """Remember what somebody holds, read in the transaction that has read the token."""
    return _read(_roles(tenant, token), user, groups)


def _read(roles: Roles, user: UUID, groups: frozenset[UUID]) -> Snapshot:
    until: dict[UUID, dict[tuple[str, bool], datetime]] = {}
    for row in rights.holdings([user, *groups]):
        until.setdefault(row.role_id, {})[row.effect, bool(row.whole)] = row.until
    return Snapshot(
        tuple(Held(id, *roles[id], held) for id, held in until.items() if id in roles)
    )


@lru_cache(maxsize=REMEMBERED)
def _roles(tenant: UUID, token: UUID) -> Roles:
    return _read_roles()


def _read_roles() -> Roles:
    return {id: (name, frozenset(names)) for id, name, names in rights.roles()}
