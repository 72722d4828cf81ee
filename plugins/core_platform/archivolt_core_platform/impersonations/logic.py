"""The rules of the impersonations domain. Knows no SQL and no HTTP."""

from datetime import datetime, timedelta
from typing import Any

from archivolt_core_platform.impersonations.service import impersonations
from archivolt_core_platform.users import logic as people
from archivolt_host.kit import hooks
from archivolt_host.kit.context import tenant
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import InvalidError, UnauthorizedError

LONGEST = timedelta(hours=8)


def begin(
    username: str, password: str, *, user: str, reason: str, to: datetime
) -> dict[str, Any]:
    """Return a token that acts as a tenant's user, for a platform user, or raise 401.

    It is noted in the catalog before there is a token, and in the tenant's journal
    with the session that it belongs to.
    """
    if not now() < to <= now() + LONGEST:
        raise InvalidError(
            "An impersonation ends within the next eight hours.",
            {"to": ["Within eight hours."]},
        )
    counted = f"platform {people.name_key(username)}"
    hooks.call("count_attempt", name=counted)
    found = people.verified(username, password)
    if found is None:
        raise UnauthorizedError("User name or password is wrong.")
    impersonations.add(
        platform_user_id=found.id,
        tenant=tenant().slug,
        user=user,
        reason=reason,
        to_at=to,
    )
    hooks.call("forget_attempts", name=counted)
    token: dict[str, Any] = hooks.call(
        "impersonate", user=user, impersonator=found.id, reason=reason, to=to
    )
    return token
