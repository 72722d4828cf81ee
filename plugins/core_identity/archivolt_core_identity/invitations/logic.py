"""The rules of the invitations domain. Knows no SQL and no HTTP."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from archivolt_core_identity.invitations.models import Invitation
from archivolt_core_identity.invitations.service import invitations
from archivolt_core_identity.sessions.logic import digest
from archivolt_core_identity.users import logic as people
from archivolt_core_identity.users.service import users
from archivolt_host.kit import hooks
from archivolt_host.kit.context import actor, on_behalf_of
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import InvalidError, StaleError

GOOD_FOR = timedelta(days=7)
KEPT = timedelta(days=30)  # to be seen in the list
UNUSABLE = "This invitation is not good, or no longer: ask for another one."


def create(email: str, roles: Sequence[str] | None) -> Invitation:
    """Note an invitation; it is good once its message is out."""
    wanted = people.named_roles(roles)
    hooks.ask("roles_refused", roles=wanted)
    return invitations.create(
        email=email,
        roles=wanted,
        expires_at=now() + GOOD_FOR,
        created_by=actor().id,
    )


def sent(invitation: Invitation, word: str) -> None:
    """Let the word that went out be the one that counts."""
    invitations.update(invitation, proof=digest(word))


def accept(token: str, username: str, password: str, **profile: Any) -> dict[str, Any]:
    """Make the account that somebody was invited to; the word is good once."""
    found = invitations.by_proof(digest(token))
    if found is None or found.accepted_at is not None or found.expires_at <= now():
        raise InvalidError(UNUSABLE, {"token": ["Not good."]})
    inviter = people.find_actor(str(found.created_by))
    if inviter is None:
        raise InvalidError(UNUSABLE, {"token": ["Not good."]})
    with on_behalf_of(inviter):  # who may give these roles today, or not any more
        user = people.create(username, password, roles=found.roles, email=found.email)
    if profile := {name: value for name, value in profile.items() if value}:
        user = users.update(user, **profile)
    try:
        invitations.update(found, accepted_at=now(), user_id=user.id)
    except StaleError as error:  # somebody was faster, or it was taken back
        raise InvalidError(UNUSABLE, {"token": ["Not good."]}) from error
    return people.shown(user)


def forget_old() -> int:
    """Delete invitations whose time was over long ago; return how many."""
    return invitations.forget(now() - KEPT)
