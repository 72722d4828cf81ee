"""The long story of the index: held against the documents, now and then."""

from archivolt_core_search.index import logic
from archivolt_host.kit.jobs import job


@job(queue="low", retries=1)
def check_index() -> int:
    """Hold the index against the documents, and forget those that are gone."""
    return logic.forget_gone()
