"""When a schedule is due: cron in a time zone, or an interval."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from croniter import croniter
from croniter.croniter import CroniterError

from archivolt_host.errors import InvalidError
from archivolt_host.jobs.schedule_models import PUBLIC, USERS
from archivolt_host.tenants import context

LEAST_SECONDS = 60  # of an interval, as of cron
#: The fields of cron, and how many steps one has at most.
FIELDS = {"minutes": 60, "hours": 24, "days": 31, "months": 12, "weekdays": 7}
AT_RANDOM = re.compile(r"r(\W|$)")  # as croniter has it
NOWHERE = {"localtime", "Factory"}  # files beside the zones, elsewhere something else
EPOCH = datetime.fromtimestamp(0, UTC)


class Rhythm(Protocol):
    """Whatever is due again and again."""

    @property
    def id(self) -> UUID:
        """What spreads its intervals."""

    @property
    def source(self) -> str:
        """Who made it."""

    @property
    def cron(self) -> str | None:
        """Five fields, or None where it has an interval."""

    @property
    def every(self) -> int | None:
        """Seconds."""

    @property
    def zone(self) -> str:
        """The time zone of its cron."""


def check(cron: str | None, every: int | None, zone: str) -> None:
    """Raise InvalidError where nothing would ever be due, or far too often."""
    if (cron is None) == (every is None):
        raise InvalidError(
            "Give either cron, such as '0 7 * * 1-5', or every, in seconds.",
            {"cron": ["One of cron and every."], "every": ["One of cron and every."]},
        )
    check_zone(zone)
    if every is not None and every < LEAST_SECONDS:
        raise InvalidError(
            f"every is at least {LEAST_SECONDS} seconds.",
            {"every": [f"At least {LEAST_SECONDS}."]},
        )
    if cron is not None:
        _check_cron(cron, zone)


def check_zone(zone: str) -> None:
    """Raise InvalidError where there is no such time zone."""
    if zone not in _zones():
        raise InvalidError(
            f"There is no time zone {zone!r}: write one such as 'Europe/Berlin'.",
            {"zone": ["Not the name of a time zone."]},
        )


def _check_cron(cron: str, zone: str) -> None:
    wrong = {"cron": ["Not five fields of cron that ever come true."]}
    try:
        if len(cron.split()) != len(FIELDS) or not croniter.is_valid(cron):
            raise ValueError("five fields are wanted")
        _next_by_cron(cron, zone, datetime.now(UTC))
    except (CroniterError, ValueError, KeyError, OverflowError) as error:
        raise InvalidError(
            f"{cron!r} is never due: write minute, hour, day, month and weekday, such "
            "as '0 7 * * 1-5' for seven o'clock on working days.",
            wrong,
        ) from error
    for written, (name, most) in zip(cron.split(), FIELDS.items(), strict=True):
        if said := _misread(written.lower(), name, most):
            raise InvalidError(f"{cron!r} {said}", {"cron": [said]})


def _misread(field: str, name: str, most: int) -> str | None:
    """Say where croniter takes something for what its author did not mean."""
    for part in field.split(","):
        step = part.partition("/")[2]
        if AT_RANDOM.match(part):
            return f"is due at random: write numbers instead of {part!r}."
        if step and int(step) > most:
            return f"goes too far: a step is at most {most} in the field of {name}."
    return None


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - NOWHERE)


@contextmanager
def _reading(rhythm: Rhythm) -> Iterator[None]:
    """Say in a sentence that what was stored, or imported, cannot be read here."""
    try:
        yield
    except (CroniterError, KeyError, ValueError, OverflowError, OSError) as error:
        raise InvalidError(
            f"Nobody can tell when {rhythm.cron or rhythm.every!r} in the time zone "
            f"{rhythm.zone!r} is due: give it another rhythm or time zone."
        ) from error


def next_after(rhythm: Rhythm, moment: datetime) -> datetime:
    """Return the first time after a moment at which it is due."""
    with _reading(rhythm):
        if rhythm.cron is not None:
            return _next_by_cron(rhythm.cron, rhythm.zone, moment)
        return _last_by_interval(rhythm, moment) + timedelta(seconds=_every(rhythm))


def last_until(rhythm: Rhythm, moment: datetime) -> datetime:
    """Return the last time until a moment at which it was due."""
    with _reading(rhythm):
        if rhythm.cron is not None:
            return _last_by_cron(rhythm.cron, rhythm.zone, moment)
        return _last_by_interval(rhythm, moment)


def _every(rhythm: Rhythm) -> int:
    return max(rhythm.every or 0, LEAST_SECONDS)


def _last_by_interval(rhythm: Rhythm, moment: datetime) -> datetime:
    every = _every(rhythm)
    phase = _seed(rhythm) % every  # or all tenants would be due at once
    since = int((moment - EPOCH).total_seconds())
    return EPOCH + timedelta(seconds=since - (since - phase) % every)


def _seed(rhythm: Rhythm) -> int:
    """Return what spreads intervals; what code declares falls together in a tenant."""
    is_own = rhythm.source in (USERS, PUBLIC)
    return (rhythm.id if is_own else context.tenant().id).int


def _next_by_cron(cron: str, zone: str, moment: datetime) -> datetime:
    times = croniter(cron, moment.astimezone(ZoneInfo(zone)))
    found: datetime = times.get_next(datetime)
    while _comes_again(cron, found):
        found = times.get_next(datetime)
    return found.astimezone(UTC)


def _last_by_cron(cron: str, zone: str, moment: datetime) -> datetime:
    second = moment.replace(microsecond=0)  # else what is due in the next one counts
    times = croniter(cron, (second + timedelta(seconds=1)).astimezone(ZoneInfo(zone)))
    found: datetime = times.get_prev(datetime)
    while _comes_again(cron, found):
        found = times.get_prev(datetime)
    return found.astimezone(UTC)


def _comes_again(cron: str, found: datetime) -> bool:
    """Return whether clocks were put back, and a fixed hour comes a second time.

    What runs every hour, or every few minutes, does so in both of the hours.
    """
    first = found.replace(fold=0).utcoffset()
    return (
        "*" not in cron.split()[1]
        and first != found.replace(fold=1).utcoffset()
        and (found.utcoffset() != first)
    )
