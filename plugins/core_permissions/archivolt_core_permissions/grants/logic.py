"""The rules of grants. Knows no SQL and no HTTP."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from archivolt_core_permissions.grants.models import ACTIVE, ALLOW, USER, Grant
from archivolt_core_permissions.grants.service import grants
from archivolt_core_permissions.rights import logic as rights
from archivolt_core_permissions.roles import logic as roles
from archivolt_core_permissions.roles.models import OWNER, PLATFORM_ADMIN, PRESETS, Role
from archivolt_core_permissions.roles.service import roles as role_service
from archivolt_core_permissions.scopes import logic as scopes
from archivolt_hookspecs.identity import UserInfo
from archivolt_host.kit.access import Scope
from archivolt_host.kit.context import actor, tenant
from archivolt_host.kit.errors import InvalidError, RefusedError

LAST_OWNER = "This is the last owner of the tenant: make somebody else an owner first."


def follow_user(user: UserInfo, wanted: Sequence[str] | None) -> None:
    """Make these the roles that a user has on the whole tenant."""
    if user.state != ACTIVE:
        _refuse_without_owner({user.id})
    if wanted is None:
        return
    named = {role.id: role for role in roles.find_all(wanted)}
    _refuse_platform(named.values())
    held = [g for g in grants.on_scope(user.id, tenant().id) if g.effect == ALLOW]
    kept = {g.role_id for g in held if g.role_id in named and g.expires_at is None}
    gone = [g for g in held if g.role_id not in kept]
    new = [role for id, role in named.items() if id not in kept]
    if any(g.role_id == PRESETS[OWNER] for g in gone):
        _refuse_without_owner({user.id})
    if not (new or gone):
        return
    for role in (*new, *(role_service.get(g.role_id) for g in gone)):
        roles.refuse_beyond(roles.permissions_of(role), roles.whole())
    rights.changing()
    grants.bulk_delete([g.id for g in gone])
    for role in new:
        _add(USER, user.id, role, tenant().id)


def why_owner_stays(user_id: UUID) -> str | None:
    """Return why a user cannot go, or None."""
    return LAST_OWNER if _owners() == {user_id} else None


def forget_scopes(gone: Sequence[UUID]) -> None:
    """Forget containers, and the grants on what is gone."""
    scopes.remove(gone)
    if ended := grants.of_scopes(gone):
        rights.changing()
        grants.bulk_delete([grant.id for grant in ended])


def refuse_giving(wanted: Sequence[str]) -> None:
    """Refuse roles that are not there, or that hold more than the one who asks."""
    found = roles.find_all(wanted)
    _refuse_platform(found)
    for role in found:
        roles.refuse_beyond(roles.permissions_of(role), roles.whole())


def refuse_takeover(subjects: Sequence[UUID]) -> None:
    """Refuse unless the one who asks holds all that these users and groups hold."""
    for grant in grants.of_subjects(subjects):
        if grant.effect == ALLOW:
            role = role_service.get(grant.role_id)
            roles.refuse_beyond(roles.permissions_of(role), Scope(grant.scope_id))


def forget_subject(subject: UUID) -> None:
    """Forget the grants of a user or a group that is deleted."""
    if ended := grants.of_subjects([subject]):
        rights.changing()
        grants.bulk_delete([grant.id for grant in ended])


def _add(kind: str, subject: UUID, role: Role, scope: UUID) -> Grant:
    return grants.create(
        subject_kind=kind,
        subject_id=subject,
        role_id=role.id,
        scope_id=scope,
        granted_by=actor().id,
    )


def _refuse_platform(wanted: Iterable[Role]) -> None:
    if any(role.name == PLATFORM_ADMIN for role in wanted):
        raise InvalidError(
            f"{PLATFORM_ADMIN} is no role of a tenant: 'archivolt platform' gives it.",
            {"role": ["Not a role of a tenant."]},
        )


def _refuse_without_owner(gone: set[UUID]) -> None:
    owners = _owners()
    if owners and not owners - gone:
        raise RefusedError(LAST_OWNER)


def _owners() -> set[UUID]:
    return grants.permanent_users(PRESETS[OWNER], tenant().id)
