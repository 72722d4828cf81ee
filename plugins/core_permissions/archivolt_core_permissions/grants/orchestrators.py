"""The long stories of the grants domain: ending what has expired."""

from archivolt_core_permissions.grants import logic
from archivolt_host.kit.jobs import enqueue, job

AT_ONCE = 500


@job(queue="low", retries=3)
def revoke_expired() -> int:
    """End grants whose time is over, and tell of each; return how many."""
    count = logic.end_expired(AT_ONCE)
    if count == AT_ONCE:
        enqueue(revoke_expired)  # the rest, in a transaction of its own
    return count
