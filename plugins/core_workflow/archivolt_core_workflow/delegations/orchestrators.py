"""The long story of delegations: forgetting."""

from archivolt_core_workflow.delegations import logic
from archivolt_host.kit.jobs import job


@job(queue="low", retries=1)
def forget_delegations() -> int:
    """Delete delegations that ended a year ago."""
    return logic.forget_old()
