"""Keeps a run while a step of it takes long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.errors import ArchivoltError
from archivolt_host.orchestration import journal as journals
from archivolt_host.orchestration.journal import Journal, Run

log = structlog.get_logger()


@contextmanager
def kept(journal: Journal, run: Run) -> Iterator[None]:
    """Extend the lease from a thread, well before it ends, for the time of a block."""
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(journals.LEASE.total_seconds() / 3):
            try:
                journal.extend(run)
            except (SQLAlchemyError, ArchivoltError, OSError) as error:
                log.warning("lease not extended", run=str(run.id), problem=str(error))

    thread = threading.Thread(target=keep, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
