"""Logs: coloured on a terminal, else JSON lines; always with tenant and request."""

import logging
import sys
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict

from archivolt_host.forks import undivided
from archivolt_host.tenants import columns, context, tracing

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
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
    if (trace := tracing.current()) is not None:
        event.setdefault("trace_id", trace.id)
    return event


def configure(level: str = "info", *, for_people: bool = False) -> None:
    """Send everything to standard error."""
    terminal = for_people or sys.stderr.isatty()
    structlog.configure(
        processors=[
            _with_context,
            structlog.processors.add_log_level,
            *(_for_people() if terminal else _for_machines()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: Lines(sys.stderr),
        cache_logger_on_first_use=not for_people,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, Forwarding) for handler in root.handlers):
        root.addHandler(Forwarding(logging.WARNING))


class Lines:
    """Writes lines to a file, each one whole.

    structlog's own loggers hold a lock meanwhile that a fork may leave locked for ever.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file

    def msg(self, line: str) -> None:
        """Write one line."""
        file = self._file or sys.stdout  # which pytest replaces for each test
        with undivided():
            file.write(line + "\n")
            file.flush()

    log = debug = info = warning = error = critical = exception = msg


class Forwarding(logging.Handler):
    """Says what libraries and the supervisor log in the same lines as all else."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one line on."""
        more = {"exc_info": record.exc_info} if record.exc_info else {}
        log = structlog.get_logger(record.name)
        log.log(record.levelno, record.getMessage(), **more)


def _for_people() -> list[Any]:
    return [
        structlog.processors.TimeStamper("%H:%M:%S"),
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ]


def _for_machines() -> list[Any]:
    return [
        _with_time,
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(serializer=_as_json),
    ]


def _as_json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event).decode()


def _with_time(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    event["at"] = columns.now()
    return event
