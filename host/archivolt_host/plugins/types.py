"""The types a setting can have, each with its reader and how to ask for it."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, time
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from archivolt_host.plugins import units

LARGEST = 2**63 - 1  # what databases and other readers of JSON take
LONGEST = 100 * 365 * 86_400  # seconds: from now on, it is still a date
EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
CRON_FIELDS = 5


def _string(raw: Any) -> str:
    if not isinstance(raw, str):
        raise TypeError(raw)
    return raw


def _boolean(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise TypeError(raw)
    return raw


def _integer(raw: Any) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise TypeError(raw)
    if abs(raw) > LARGEST:
        raise ValueError(raw)
    return raw


def _number(raw: Any) -> float:
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        raise TypeError(raw)
    if not math.isfinite(raw):
        raise ValueError(raw)
    return float(raw)


def _counted(read: Callable[[str], int], most: int) -> Callable[[Any], int]:
    def counted(raw: Any) -> int:
        count = read(raw) if isinstance(raw, str) else _integer(raw)
        if not 0 <= count <= most:
            raise ValueError(raw)
        return count

    return counted


def _url(raw: Any) -> str:
    parts = urlsplit(_string(raw))
    if not (parts.scheme and parts.netloc):
        raise ValueError(raw)
    return str(raw)


def _list(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple):
        raise TypeError(raw)
    return tuple(_string(item) for item in raw)


def _networks(raw: Any) -> tuple[str, ...]:
    networks = _list(raw)
    for one in networks:
        ip_network(one, strict=False)
    return networks


def _rates(raw: Any) -> tuple[str, ...]:
    rates = _list(raw)
    for one in rates:
        units.rate(one)
    return rates


def _time_zone(raw: Any) -> str:
    from zoneinfo import ZoneInfo  # seldom wanted

    try:
        return ZoneInfo(_string(raw)).key
    except (LookupError, OSError) as error:
        raise ValueError(raw) from error


def _time(raw: Any) -> str:
    if time.fromisoformat(_string(raw)).tzinfo is not None:
        raise ValueError(raw)
    return str(raw)


def _dates(raw: Any) -> tuple[str, ...]:
    days = _list(raw)
    for one in days:
        date.fromisoformat(one)
    return days


def _email(raw: Any) -> str:
    if not (EMAIL.fullmatch(_string(raw)) and raw.isprintable()):
        raise ValueError(raw)
    return str(raw)


def _cron(raw: Any) -> str:
    from croniter import croniter  # seldom wanted, and slow to import

    cron = _string(raw).strip()
    if cron and (len(cron.split()) != CRON_FIELDS or not croniter.is_valid(cron)):
        raise ValueError(raw)
    return cron


TYPES: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "string": (_string, "a text in quotes"),
    "integer": (_integer, "a whole number of 64 bits at most"),
    "number": (_number, "a number"),
    "boolean": (_boolean, "true or false, without quotes"),
    "duration": (
        _counted(units.seconds, LONGEST),
        "a duration such as '90s', '15m' or '7d', of 100 years at most",
    ),
    "size": (
        _counted(units.size, LARGEST),
        "a size such as '512MiB' or '2GiB', of 8 EiB at most",
    ),
    "url": (_url, "an address such as 'https://example.org'"),
    "cron": (_cron, "five fields of cron such as '30 2 * * *', or '' for never"),
    "email": (_email, "an e-mail address such as 'vault@example.org'"),
    "time_zone": (_time_zone, "a time zone such as 'Europe/Vienna'"),
    "time": (_time, "a time of day such as '09:30'"),
    "dates": (_dates, "a list of days such as ['2026-12-25']"),
    "list": (_list, "a list of texts such as ['one', 'two']"),
    "networks": (
        _networks,
        "a list of addresses and networks such as ['10.0.0.0/8', '::1']",
    ),
    "rates": (_rates, "a list of rates such as ['10/m', '100/h']; [] for no limit"),
}
