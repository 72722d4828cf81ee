"""Keeps forks out of what a child could never finish: there, other threads are gone.

A lock that another thread holds at the fork stays locked in the child for ever, and a
module that it imports stays half imported.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_undivided = threading.RLock()

os.register_at_fork(
    before=_undivided.acquire,
    after_in_parent=_undivided.release,
    after_in_child=_undivided.release,
)


@contextmanager
def undivided() -> Iterator[None]:
    """Let no other thread fork until the block ends; wait for nothing in it."""
    with _undivided:
        yield
