"""The rules of the delegations domain. Knows no SQL and no HTTP."""

from datetime import datetime, timedelta
from uuid import UUID

from archivolt_core_workflow.delegations.models import Delegation
from archivolt_core_workflow.delegations.service import delegations
from archivolt_core_workflow.running.parts import OVERSEE
from archivolt_hookspecs.identity import Actor
from archivolt_host.kit import hooks
from archivolt_host.kit.access import allowed
from archivolt_host.kit.context import actor
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import DeniedError, InvalidError, NotFoundError

KEPT = timedelta(days=365)


def create(
    to_user: UUID,
    ends_at: datetime,
    *,
    from_user: UUID | None = None,
    begins_at: datetime | None = None,
    reason: str | None = None,
) -> Delegation:
    """Let somebody stand in for oneself; overseers do that for others, too."""
    absent, begins = from_user or actor().id, begins_at or now()
    if absent != actor().id and not allowed(OVERSEE):
        raise DeniedError(f"To delegate for others needs the permission {OVERSEE}.")
    if absent == to_user:
        raise _invalid("to_user", "Nobody stands in for themselves.")
    if ends_at <= max(now(), begins):
        raise _invalid("ends_at", "It ends in the future, and after it begins.")
    _known("to_user", to_user)
    _refuse_takeover(_known("from_user", absent))
    return delegations.create(
        from_user=absent,
        to_user=to_user,
        begins_at=begins,
        ends_at=ends_at,
        reason=reason,
    )


def _known(field: str, user: UUID) -> Actor:
    found: Actor | None = hooks.first("find_actor", who=str(user))
    if found is None:
        raise _invalid(field, f"There is no user {user}.")
    return found


def _refuse_takeover(absent: Actor) -> None:
    """Let overseers delegate for others, but not for those who hold more rights."""
    if absent.id != actor().id:
        hooks.ask("takeover_refused", subjects=[absent.id, *sorted(absent.groups)])


def _invalid(field: str, sentence: str) -> InvalidError:
    return InvalidError(sentence, {field: [sentence]})


def remove(id: UUID) -> None:
    """End a delegation at once; who may not see it does not find it."""
    found = delegations.get(id)
    own = actor().id in (found.from_user, found.to_user)
    if not own and not allowed(OVERSEE):
        raise NotFoundError("Delegation", id)
    if found.from_user != actor().id and not allowed(OVERSEE):
        raise DeniedError("Only who is absent, or an overseer, may end it.")
    delegations.delete(found)


def standing_in() -> list[UUID]:
    """Return those for whom the actor stands in now."""
    return list(delegations.standing_in(actor().id, now()))


def forget_old() -> int:
    """Delete what ended long ago; the journal still has it. Return how many."""
    return delegations.forget(now() - KEPT)
