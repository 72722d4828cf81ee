"""How the word of an invitation reaches whom it is for, and nobody else."""

from secrets import token_urlsafe
from uuid import UUID

from archivolt_core_identity.invitations import logic
from archivolt_core_identity.invitations.models import Invitation
from archivolt_core_identity.invitations.service import invitations
from archivolt_host.kit import hooks
from archivolt_host.kit.context import actor, tenant
from archivolt_host.kit.db import reading
from archivolt_host.kit.jobs import enqueue, job
from archivolt_host.kit.settings import setting

TEXT = """\
{inviter} invites you to {tenant}.

{how}

The word is good for a week and once.
"""
HOW = """\
The word that lets you make your account:

    {word}

Send it with a user name and a password of your choice:
POST /vault/invitations/accept with
{{"token": "<the word>", "username": "...", "password": "..."}}."""


def invite(email: str, roles: list[str] | None) -> Invitation:
    """Note an invitation and have it mailed after the commit."""
    invitation = logic.create(email, roles)
    enqueue(send_invitation, id=invitation.id)
    return invitation


@job(queue="high", retries=8)
def send_invitation(id: str) -> None:
    """Mail an invitation, then let its word count; again after a crash between."""
    with reading():
        found = invitations.find(UUID(id))
    if found is None or found.accepted_at is not None:
        return
    word = token_urlsafe(32)
    hooks.call(
        "deliver_mail",
        to=found.email,
        subject=f"Your invitation to {tenant().slug}",
        text=_text(word),
    )
    logic.sent(found, word)


def _text(word: str) -> str:
    link = str(setting("core_identity", "invitation_link"))
    how = link.replace("{token}", word) if link else HOW.format(word=word)
    return TEXT.format(inviter=actor().name, tenant=tenant().slug, how=how)


@job(queue="low", retries=1)
def forget_invitations() -> int:
    """Delete invitations whose time was over a month ago."""
    return logic.forget_old()
