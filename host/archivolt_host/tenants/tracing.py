"""Which chain of work is under way: W3C trace context, from request to job to job.

Whoever is acting may change on the way; the trace stays that of what began it all. How
many pieces of news led here, each to the next, is counted: so loops can be ended.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

HEADER = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
SAMPLED = "01"


@dataclass(frozen=True, slots=True)
class Trace:
    """A chain of work, and the link of it that is under way."""

    id: str
    span: str
    flags: str = SAMPLED

    @property
    def header(self) -> str:
        """As the header ``traceparent`` has it."""
        return f"00-{self.id}-{self.span}-{self.flags}"


def following(header: str | None) -> Trace:
    """Return the next link of the trace in a ``traceparent``, or of a new trace."""
    found = HEADER.fullmatch(header or "")
    span = os.urandom(8).hex()
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return Trace(os.urandom(16).hex(), span)
    return Trace(found[1], span, found[3])


_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """Return the trace under way, or None where nothing began one."""
    return _trace.get()


def enter(trace: Trace | None) -> None:
    """Set the trace until the request ends or the next one begins."""
    _trace.set(trace)


@contextmanager
def entered(trace: Trace) -> Iterator[None]:
    """Be in a trace for a while."""
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)


_news: ContextVar[int] = ContextVar("news", default=0)


def news_before() -> int:
    """Return how many pieces of news led here, one by the other; 0 for a request."""
    return _news.get()


@contextmanager
def after_news(count: int) -> Iterator[None]:
    """Count so many pieces of news for a while."""
    token = _news.set(count)
    try:
        yield
    finally:
        _news.reset(token)
