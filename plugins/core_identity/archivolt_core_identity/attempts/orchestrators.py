"""The long story of the attempts domain: forgetting."""

from archivolt_core_identity.attempts import logic
from archivolt_host.kit.jobs import job


@job(queue="low", retries=1)
def forget_attempts() -> int:
    """Delete failed sign-ins that no longer count, and with them the waits."""
    return logic.forget_old()
