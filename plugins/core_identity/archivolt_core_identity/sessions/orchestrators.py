"""The long story of the sessions domain: forgetting."""

from archivolt_core_identity.sessions import logic
from archivolt_host.kit.jobs import job


@job(queue="low", retries=1)
def forget_sessions() -> int:
    """Delete sessions that expired long ago."""
    return logic.forget_old()
