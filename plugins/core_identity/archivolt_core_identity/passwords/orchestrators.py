"""How the word for a new password reaches its user, and nobody else."""

from secrets import token_urlsafe

from archivolt_core_identity.passwords import logic
from archivolt_core_identity.users.logic import name_key
from archivolt_core_identity.users.service import users
from archivolt_host.kit import hooks
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import reading
from archivolt_host.kit.jobs import enqueue, job
from archivolt_host.kit.settings import setting

TEXT = """\
Somebody, hopefully you, asked for a new password for {name} at {tenant}.

{how}

The word is good for an hour and once. If it was not you, nothing has changed.
"""
HOW = """\
The word that lets you set one:

    {word}

Send it with your new password: POST /vault/auth/password/confirm
with {{"token": "<the word>", "password": "<your new password>"}}."""


def ask(who: str) -> None:
    """Have a message sent to whoever has this name or address, if anybody.

    Whether somebody has is found out later, by a job: the answer neither says nor
    shows by its time.
    """
    enqueue(send_reset, who=who)


@job(queue="high", retries=5)
def send_reset(who: str) -> None:
    """Send each user of a name or an e-mail address a word for a new password.

    First sent, then noted: a crash between the two costs a second message, the other
    way round the only one would be lost. The word itself is nowhere but in the message.
    """
    with reading():
        found = users.reachable(name_key(who), who.strip())
        found = [user for user in found if logic.wants_mail(user.id)]
    words = {user.id: token_urlsafe(32) for user in found}
    for user in found:
        hooks.call(
            "deliver_mail",
            to=user.email,
            subject="A new password",
            text=_text(user.username, words[user.id]),
        )
    for id, word in words.items():
        logic.begin(id, word)


def _text(name: str, word: str) -> str:
    link = str(setting("core_identity", "reset_link"))
    how = link.replace("{token}", word) if link else HOW.format(word=word)
    return TEXT.format(name=name, tenant=tenant().slug, how=how)


@job(queue="low", retries=1)
def forget_resets() -> int:
    """Delete words for a new password that were not used in time."""
    return logic.forget_old()
