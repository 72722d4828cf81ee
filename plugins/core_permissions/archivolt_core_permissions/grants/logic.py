"""The rules of grants. Knows no SQL and no HTTP."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from archivolt_core_permissions.grants.models import (
    ALLOW,
    DENY,
    GROUP,
    ROOT,
    USER,
    Grant,
)
from archivolt_core_permissions.grants.service import grants
from archivolt_core_permissions.rights import logic as rights
from archivolt_core_permissions.roles import logic as roles
from archivolt_core_permissions.roles.models import OWNER, PLATFORM_ADMIN, PRESETS, Role
from archivolt_core_permissions.roles.service import roles as role_service
from archivolt_core_permissions.scopes import logic as scopes
from archivolt_hookspecs.permissions import ScopeInfo
from archivolt_host.kit import access, hooks
from archivolt_host.kit.access import Scope
from archivolt_host.kit.context import actor, tenant
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import (
    DeniedError,
    InvalidError,
    NotFoundError,
    RefusedError,
)

READ, MANAGE = "grants.read", "grants.manage"
REVOKED, EXPIRED = "revoked", "expired"
LAST_OWNER = "This is the last owner of the tenant: make somebody else an owner first."


def create(
    role: str,
    *,
    user: str | None = None,
    group: UUID | None = None,
    scope: UUID | None = None,
    effect: str = ALLOW,
    expires_at: datetime | None = None,
) -> Grant:
    """Give a role, or deny it, to a user or a group on a scope and all below."""
    found = roles.find(role)
    refuse_platform([found])
    kind, subject = _subject(user, group)
    if expires_at is not None and expires_at <= now():
        raise InvalidError(
            "The grant would have ended already: give a time to come.",
            {"expires_at": ["In the past."]},
        )
    on = _scope(scope)
    _refuse_stranger(found, on, effect)
    if effect == DENY and on is None and found.name == OWNER:
        refuse_without_owner({subject})
    where = on.id if on else ROOT
    _refuse_double(subject, found, where)
    rights.changing()
    return add(kind, subject, found, where, effect=effect, expires_at=expires_at)


def revoke(grant: Grant) -> None:
    """End a grant."""
    role = role_service.get(grant.role_id)
    _refuse_stranger(role, scope_of(grant), grant.effect)
    if makes_owner(grant):
        refuse_without_owner({grant.subject_id})
    rights.changing()
    _end(grant, role, REVOKED)


def end_expired(limit: int) -> int:
    """End grants whose time is over; they count for nothing already."""
    ended = grants.expired(now(), limit)
    if ended:
        rights.changing()
    for grant in ended:
        _end(grant, role_service.get(grant.role_id), EXPIRED)
    return len(ended)


def seen(id: UUID) -> Grant:
    """Return a grant that the caller may see."""
    grant: Grant = grants.get(id)
    own = grant.subject_id in (actor().id, *actor().groups)
    if not own and not access.allowed(READ) and not _may_share(scope_of(grant)):
        raise NotFoundError("Grant", id)
    return grant


def filters(query: dict[str, Any]) -> dict[str, Any]:
    """Return the filters of a list, down to what the caller may see."""
    found = {name: query.pop(name) for name in ("effect",) if name in query}
    if "role" in query:
        found["role_id"] = roles.find(query.pop("role")).id
    for kind in (USER, GROUP):
        if kind in query:
            found |= {"subject_id": query.pop(kind), "subject_kind": kind}
    scope = query.pop("scope", None)
    if scope is not None:
        found["scope_id"] = ROOT if scope == tenant().id else scope
    if not access.allowed(READ) and not (scope and _may_share(_described(scope))):
        found["of"] = (actor().id, *actor().groups)
    return found


def shown(found: Sequence[Grant]) -> list[dict[str, Any]]:
    """Return grants as the API shows them."""
    names = {
        role.id: role.name for role in role_service.by_ids(g.role_id for g in found)
    }
    return [
        {
            "id": grant.id,
            "role": names[grant.role_id],
            "user": grant.subject_id if grant.subject_kind == USER else None,
            "group": grant.subject_id if grant.subject_kind == GROUP else None,
            "scope": outside(grant.scope_id),
            "effect": grant.effect,
            "expires_at": grant.expires_at,
            "granted_by": grant.granted_by,
            "created_at": grant.created_at,
        }
        for grant in found
    ]


def forget_scopes(gone: Sequence[UUID]) -> None:
    """Forget containers, and the grants on what is gone."""
    scopes.remove(gone)
    if ended := grants.of_scopes(gone):
        rights.changing()
        grants.bulk_delete([grant.id for grant in ended])


def outside(scope: UUID) -> UUID:
    """Return the id by which others know a scope."""
    return tenant().id if scope == ROOT else scope


def add(kind: str, subject: UUID, role: Role, scope: UUID, **terms: Any) -> Grant:
    """Enter a grant and tell of it."""
    grant: Grant = grants.create(
        subject_kind=kind,
        subject_id=subject,
        role_id=role.id,
        scope_id=scope,
        granted_by=actor().id,
        **terms,
    )
    hooks.tell("role_granted", grant_id=grant.id)
    return grant


def _end(grant: Grant, role: Role, reason: str) -> None:
    grants.delete(grant)
    hooks.tell(
        "role_revoked",
        subject_id=grant.subject_id,
        role=role.name,
        scope_id=outside(grant.scope_id),
        effect=grant.effect,
        reason=reason,
    )


def _subject(user: str | None, group: UUID | None) -> tuple[str, UUID]:
    if (user is None) == (group is None):
        raise InvalidError(
            "A grant is for one 'user' or one 'group': name one of them."
        )
    if group is not None:
        if hooks.first("group_name", group=group) is None:
            raise InvalidError(
                f"There is no group {group}.", {"group": ["No such group."]}
            )
        return GROUP, group
    found = hooks.first("find_actor", who=user)
    if found is None:
        raise InvalidError(
            f"There is no active user {user}.", {"user": ["No such user."]}
        )
    return USER, found.id


def _scope(id: UUID | None) -> ScopeInfo | None:
    """Return a scope that the caller may know of, None for the tenant."""
    if id is None or id == tenant().id:
        return None
    found = _described(id)
    if found is None or not access.allowed(found.read, Scope(found.id, found.parent)):
        raise InvalidError(
            f"There is nothing with the id {id} to hold rights on.",
            {"scope": ["No such scope."]},
        )
    return found


def _described(id: UUID) -> ScopeInfo | None:
    found: ScopeInfo | None = hooks.first("describe_scope", scope=id)
    return found


def scope_of(grant: Grant) -> ScopeInfo | None:
    """Return what a grant is on, None for the tenant."""
    return None if grant.scope_id == ROOT else _described(grant.scope_id)


def _may_share(on: ScopeInfo | None) -> bool:
    if access.allowed(MANAGE):
        return True
    return on is not None and access.allowed(on.share, Scope(on.id, on.parent))


def _refuse_stranger(role: Role, on: ScopeInfo | None, effect: str) -> None:
    """Refuse whoever may not give this here, or does not hold it here themselves."""
    if not (access.allowed(MANAGE) if effect == DENY else _may_share(on)):
        need = MANAGE if on is None or effect == DENY else f"{MANAGE} or {on.share}"
        raise DeniedError(f"This needs the permission {need}.")
    refuse_beyond(role, on)


def refuse_beyond(role: Role, on: ScopeInfo | None) -> None:
    """Refuse whoever does not hold a role where it is given."""
    names = roles.permissions_of(role)
    if on is None:
        roles.refuse_beyond(names, roles.whole())
        return
    declared = access.permissions()
    here = [name for name in names if name in declared and declared[name].scoped]
    roles.refuse_beyond(here, Scope(on.id, on.parent))


def _refuse_double(subject: UUID, role: Role, scope: UUID) -> None:
    held = grants.held(subject, role.id, scope)
    if held is None:
        return
    if held.expires_at is not None and held.expires_at <= now():
        _end(held, role, EXPIRED)
        return
    raise RefusedError(
        f"{role.name} is granted or denied there already: revoke the grant {held.id} "
        "first."
    )


def makes_owner(grant: Grant) -> bool:
    """Return whether somebody owns the tenant by a grant."""
    whole = grant.scope_id == ROOT and grant.effect == ALLOW
    return whole and grant.role_id == PRESETS[OWNER] and grant.subject_kind == USER


def refuse_platform(wanted: Iterable[Role]) -> None:
    """Refuse the role that the catalog alone gives."""
    if any(role.name == PLATFORM_ADMIN for role in wanted):
        raise InvalidError(
            f"{PLATFORM_ADMIN} is no role of a tenant: 'archivolt platform' gives it.",
            {"role": ["Not a role of a tenant."]},
        )


def refuse_without_owner(gone: set[UUID]) -> None:
    """Refuse to lose the last of the owners."""
    here = owners()
    if here and not here - gone:
        raise RefusedError(LAST_OWNER)


def owners() -> set[UUID]:
    """Return the users who own the tenant, without an end."""
    return grants.permanent_users(PRESETS[OWNER], ROOT)
