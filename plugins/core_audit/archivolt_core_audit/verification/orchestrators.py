"""The long story of verification: the whole journal, now and then."""

from archivolt_core_audit.verification import logic
from archivolt_host.kit.db import reading
from archivolt_host.kit.errors import RefusedError
from archivolt_host.kit.jobs import job


@job(queue="low", retries=1)
def verify() -> int:
    """Hold the journal against its seals; return how many entries are sealed."""
    with reading():
        verdict = logic.verify()
    if verdict.problems:
        _, first = verdict.problems[0]
        raise RefusedError(f"The journal is not what was sealed: {first}")
    return verdict.sealed
