"""The long stories of the grants domain: ending what has expired."""

from archivolt_core_permissions.grants import logic
from archivolt_host.kit.jobs import enqueue, job

AT_ONCE = 500


@job(queue="low", retries=3)
def revoke_expired() -> int:
    """End grants whose time is over, and tell of each; return how many."""
    count = logic.end_expired(AT_ONCE)
    if count == AT_ONCE:
        revoke_later(more=True)
    return count


def revoke_later(*, more: bool = False) -> None:
    """Have expired grants ended after the commit; once, however often it is said."""
    enqueue(revoke_expired, unique=None if more else "revoke_expired")
