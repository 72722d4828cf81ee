"""Keeps grants in step with users and groups. Knows no SQL and no HTTP."""

from collections.abc import Sequence
from uuid import UUID

from archivolt_core_permissions.grants import logic
from archivolt_core_permissions.grants.models import ACTIVE, ALLOW, ROOT, USER
from archivolt_core_permissions.grants.service import grants
from archivolt_core_permissions.rights import logic as rights
from archivolt_core_permissions.roles import logic as roles
from archivolt_core_permissions.roles.service import roles as role_service
from archivolt_hookspecs.identity import UserInfo


def follow_user(user: UserInfo, wanted: Sequence[str] | None) -> None:
    """Make these the roles that a user has on the whole tenant."""
    if user.state != ACTIVE:
        logic.refuse_without_owner({user.id})
    if wanted is None:
        return
    named = {role.id: role for role in roles.find_all(wanted)}
    logic.refuse_platform(named.values())
    held = [g for g in grants.on_scope(user.id, ROOT) if g.effect == ALLOW]
    kept = {g.role_id for g in held if g.role_id in named and g.expires_at is None}
    gone = [g for g in held if g.role_id not in kept]
    new = [role for id, role in named.items() if id not in kept]
    if any(logic.makes_owner(g) for g in gone):
        logic.refuse_without_owner({user.id})
    if not (new or gone):
        return
    for role in (*new, *(role_service.get(g.role_id) for g in gone)):
        roles.refuse_beyond(roles.permissions_of(role), roles.whole())
    rights.changing()
    grants.bulk_delete([g.id for g in gone])
    for role in new:
        logic.add(USER, user.id, role, ROOT)


def why_owner_stays(user_id: UUID) -> str | None:
    """Return why a user cannot go, or None."""
    return logic.LAST_OWNER if logic.owners() == {user_id} else None


def refuse_giving(wanted: Sequence[str]) -> None:
    """Refuse roles that are not there, or that hold more than the one who asks."""
    found = roles.find_all(wanted)
    logic.refuse_platform(found)
    for role in found:
        roles.refuse_beyond(roles.permissions_of(role), roles.whole())


def refuse_takeover(subjects: Sequence[UUID]) -> None:
    """Refuse unless the one who asks holds all that these users and groups hold."""
    for grant in grants.of_subjects(subjects):
        if grant.effect == ALLOW:
            logic.refuse_beyond(role_service.get(grant.role_id), logic.scope_of(grant))


def forget_subject(subject: UUID) -> None:
    """Forget the grants of a user or a group that is deleted."""
    if ended := grants.of_subjects([subject]):
        rights.changing()
        grants.bulk_delete([grant.id for grant in ended])
