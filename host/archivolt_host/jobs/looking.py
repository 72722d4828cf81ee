"""A thread that looks after work while it runs, and ends with it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from archivolt_host.errors import UnavailableError

log = structlog.get_logger()


@contextmanager
def looked_after(look: Callable[[], object], every: float) -> Iterator[None]:
    """Call ``look`` every so many seconds until the block ends."""
    ended = threading.Event()

    def keep_looking() -> None:
        while not ended.wait(every):
            try:
                look()
            except (SQLAlchemyError, UnavailableError) as error:
                log.warning("work not looked after", problem=str(error))

    thread = threading.Thread(target=keep_looking, name="looking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
