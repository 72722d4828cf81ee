"""The rules of the keys domain. Knows no SQL and no HTTP."""

from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from archivolt_core_identity import caller
from archivolt_core_identity.keys.models import Key
from archivolt_core_identity.keys.service import keys
from archivolt_core_identity.sessions.logic import digest
from archivolt_core_identity.users import logic as people
from archivolt_core_identity.users.models import ACTIVE, SERVICE
from archivolt_core_identity.users.service import users
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit.access import allowed, check, permissions
from archivolt_host.kit.context import actor
from archivolt_host.kit.db import now, reading
from archivolt_host.kit.errors import InvalidError, NotFoundError, RefusedError

PREFIX = "avk"


def create(
    name: str,
    *,
    limits: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    user_id: UUID | None = None,
) -> tuple[Key, str]:
    """Make a key and return it with its text, which nobody sees again."""
    caller.require_session()
    owner = _owner(user_id)
    if limits is not None and (unknown := set(limits) - set(permissions())):
        names = ", ".join(sorted(unknown))
        raise InvalidError(
            f"There is no permission {names}: see /vault/permissions.",
            {"limits": [f"No permission {names}."]},
        )
    if expires_at is not None and expires_at <= now():
        raise InvalidError(
            "A key that has expired already is good for nothing.",
            {"expires_at": ["In the past."]},
        )
    secret = token_urlsafe(32)
    key = keys.create(
        user_id=owner,
        name=name,
        proof=digest(secret),
        limits=sorted(set(limits)) if limits is not None else None,
        expires_at=expires_at,
        created_by=actor().id,
    )
    return key, f"{PREFIX}_{key.id.hex}_{secret}"


def _owner(user_id: UUID | None) -> UUID:
    """Return whose key it is to be: one's own, or a service account's."""
    if user_id is None or user_id == actor().id:
        return actor().id
    check("users.manage")
    owner = users.get(user_id)
    people.refuse_takeover(owner)
    if owner.kind != SERVICE:
        raise RefusedError(
            "A person's keys are made by themselves: this user is no service account."
        )
    return user_id


def visible_to_caller(user_id: UUID | None) -> UUID:
    """Return whose keys are listed; others' only for who manages users."""
    if user_id is not None and user_id != actor().id:
        check("users.manage")
        return user_id
    return actor().id


def revoke(id: UUID) -> None:
    """Make a key worthless from now on."""
    caller.require_session()
    key = keys.get(id)
    if key.user_id != actor().id and not allowed("users.manage"):
        raise NotFoundError("Key", id)
    if key.revoked_at is None:
        keys.update(key, revoked_at=now())


def identify(text: str) -> Actor | None:
    """Return the user for whom a key speaks, or None."""
    prefix, _, rest = text.partition("_")
    id, _, secret = rest.partition("_")
    if prefix != PREFIX or not secret:
        return None
    try:
        wanted = UUID(hex=id)
    except ValueError:
        return None
    with reading():
        holder = keys.holder(wanted)
    if holder is None or not compare_digest(holder.proof, digest(secret)):
        return None
    if not _is_good(holder):
        return None
    return people.as_actor(holder.user_id, holder, limits=holder.limits)


def _is_good(holder: Any) -> bool:
    if holder.revoked_at is not None or holder.state != ACTIVE:
        return False
    return holder.expires_at is None or holder.expires_at > now()
