"""Says why somebody may do something. Knows no SQL and no HTTP."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple
from uuid import UUID

from archivolt_core_permissions.grants.models import ALLOW, DENY, ROOT, USER, Grant
from archivolt_core_permissions.grants.service import grants
from archivolt_core_permissions.roles import logic as roles
from archivolt_core_permissions.roles.models import PLATFORM_ADMIN, Role
from archivolt_core_permissions.roles.service import roles as role_service
from archivolt_core_permissions.scopes.service import scopes
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import access, hooks
from archivolt_host.kit.access import Scope
from archivolt_host.kit.context import actor, tenant
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import DeniedError, InvalidError, NotFoundError

EXPLAIN = "permissions.explain"


class Place(NamedTuple):
    """A step of the way from an object up to the tenant."""

    id: UUID
    kind: str
    name: str


def explain(user: str, action: str, object: UUID | None = None) -> dict[str, Any]:
    """Return whether somebody may do something, by which grants, or what they lack."""
    who = _asked_about(user)
    _refuse_unknown(action)
    on, path = _way_up(object)
    holding = {role.id: role for role in _roles_with(action)}
    places = {place.id: place for place in path} | {ROOT: path[-1]}
    found = grants.relevant([who.id, *who.groups], places)
    if not access.permissions()[
        action
    ].scoped:  # below the tenant it counts for nothing
        found = [grant for grant in found if grant.scope_id == ROOT]
    reasons = [_reason(g, holding, places) for g in found if g.role_id in holding]
    allowed = access.allowed(action, on, actor=who)
    return {
        "allowed": allowed,
        "sentence": _sentence(who, action, path[0], reasons, allowed=allowed),
        "user": who.id,
        "action": action,
        "object": object,
        "path": [place._asdict() for place in path],
        "reasons": reasons,
        "missing": [] if allowed else sorted(role.name for role in holding.values()),
    }


def _asked_about(user: str) -> Actor:
    me = actor()
    if user in (str(me.id), me.name):
        return me
    if not access.allowed(EXPLAIN):
        raise DeniedError(f"To ask about others needs the permission {EXPLAIN}.")
    found: Actor | None = hooks.first("find_actor", who=user)
    if found is None:
        raise InvalidError(
            f"There is no active user {user}.", {"user": ["No such user."]}
        )
    return found


def _refuse_unknown(action: str) -> None:
    known = access.permissions()
    if action not in known:
        near = get_close_matches(action, list(known), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise InvalidError(
            f"There is no permission {action}.{hint}", {"action": ["Not known."]}
        )


def _way_up(object: UUID | None) -> tuple[Scope, list[Place]]:
    """Return an object that the caller may see, and where it lies, up to the tenant."""
    top = Place(tenant().id, "tenant", tenant().slug)
    if object is None or object == top.id:
        return Scope(top.id), [top]
    found = hooks.first("describe_scope", scope=object)
    on = Scope(object, found.parent if found else None)
    if found is None or not access.allowed(found.read, on):
        raise NotFoundError("Object", object)
    above = scopes.path(found.parent) if found.parent else []
    own = Place(found.id, found.kind, found.name)
    return on, [own, *map(_place, above), top]


def _place(scope: UUID) -> Place:
    found = hooks.first("describe_scope", scope=scope)
    if found is None:
        return Place(scope, "container", "")
    seen = access.allowed(found.read, Scope(found.id, found.parent))
    return Place(scope, found.kind, found.name if seen else "")


def _roles_with(action: str) -> Sequence[Role]:
    found = (r for r in role_service.everyone() if r.name != PLATFORM_ADMIN)
    return [role for role in found if action in roles.permissions_of(role)]


def _reason(
    grant: Grant, holding: Mapping[UUID, Role], places: Mapping[UUID, Place]
) -> dict[str, Any]:
    to_user = grant.subject_kind == USER
    giver = grant.granted_by and hooks.first("describe_user", id=grant.granted_by)
    return {
        "grant": grant.id,
        "role": holding[grant.role_id].name,
        "effect": grant.effect,
        "user": grant.subject_id if to_user else None,
        "group": None if to_user else grant.subject_id,
        "scope": places[grant.scope_id]._asdict(),
        "granted_by": grant.granted_by,
        "granted_by_name": giver.name if giver else None,
        "granted_at": grant.created_at,
        "expires_at": grant.expires_at,
        "expired": grant.expires_at is not None and grant.expires_at <= now(),
    }


def _sentence(
    who: Actor,
    action: str,
    place: Place,
    reasons: Sequence[Mapping[str, Any]],
    *,
    allowed: bool,
) -> str:
    what = f"{action} on the {place.kind} {place.name}".rstrip()
    deciding = [
        reason
        for reason in reasons
        if reason["effect"] == (ALLOW if allowed else DENY) and not reason["expired"]
    ]
    if deciding:
        why = deciding[0]
        end = (
            f", until {why['expires_at']:%Y-%m-%d %H:%M} UTC"
            if why["expires_at"]
            else ""
        )
        where = f"{why['scope']['kind']} {why['scope']['name']}".rstrip()
        by = f" by {why['granted_by_name']}" if why["granted_by_name"] else ""
        how = "granted" if allowed else "denied"
        may = "may" if allowed else "may not"
        return (
            f"{who.name} {may} do {what}: the role {why['role']} is {how}{by} on the "
            f"{where}{end}."
        )
    if allowed:
        return f"{who.name} may do {what}."
    if who.limits is not None and action not in who.limits:
        return f"{who.name} may not do {what}: the API key is not made for it."
    return f"{who.name} may not do {what}: no role that holds it is granted there."
