"""The tenant's business calendar, from its settings."""

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from archivolt_core_workflow.engine.calendars import Calendar, days_of
from archivolt_core_workflow.engine.model import Span
from archivolt_host.kit.db import now
from archivolt_host.kit.errors import RefusedError
from archivolt_host.kit.settings import setting

PLUGIN = "core_workflow"


def in_time(span: Span) -> datetime:
    """Return when a span that begins now ends."""
    try:
        return calendar().after(now(), span)
    except (ValueError, OverflowError) as error:
        raise RefusedError(f"The business calendar cannot tell: {error}") from error


def calendar() -> Calendar:
    """Return the business calendar of the current tenant."""
    try:
        return _made(
            setting(PLUGIN, "time_zone"),
            tuple(setting(PLUGIN, "working_days")),
            setting(PLUGIN, "opens"),
            setting(PLUGIN, "closes"),
            tuple(setting(PLUGIN, "holidays")),
        )
    except (ValueError, OSError, LookupError) as error:
        raise RefusedError(
            f"The settings of core_workflow describe no business calendar: {error}."
        ) from error


@lru_cache(maxsize=200)
def _made(
    zone: str,
    days: tuple[str, ...],
    opens: str,
    closes: str,
    holidays: tuple[str, ...],
) -> Calendar:
    made = Calendar(
        ZoneInfo(zone),
        days_of(days),
        time.fromisoformat(opens),
        time.fromisoformat(closes),
        frozenset(date.fromisoformat(day) for day in holidays),
    )
    if not made.days or made.opens >= made.closes:
        raise ValueError("nobody ever works")
    return made
