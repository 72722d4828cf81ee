"""Logs: coloured on a terminal, else JSON lines; always with tenant and request."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict

from archivolt_host.tenants import context

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def _with_context(logger: Any, name: str, event: EventDict) -> EventDict:
    """Add who and for whom, where the line does not say so itself."""
    tenant, actor = context.tenant_or_none(), context.actor_or_none()
    if tenant is not None:
        event.setdefault("tenant", tenant.slug)
    if actor is not None:
        event.setdefault("user", actor.name)
    if context.request_id():
        event.setdefault("request_id", context.request_id())
    return event


def configure(level: str = "info") -> None:
    """Send everything to standard error."""
    terminal = sys.stderr.isatty()
    render: Any = (
        structlog.dev.ConsoleRenderer()
        if terminal
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            _with_context,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", utc=True),
            *([] if terminal else [structlog.processors.format_exc_info]),
            structlog.processors.EventRenamer("message") if not terminal else _same,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _same(logger: Any, name: str, event: EventDict) -> EventDict:
    return event
