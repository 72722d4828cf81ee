"""Lengths of time as definitions write them: ``30m``, ``4h``, ``2d``, ``3wd``."""

import re
from datetime import timedelta

from archivolt_core_workflow.engine.model import Span

WRITTEN = re.compile(r"([1-9][0-9]{0,4})(m|h|d|w|wh|wd)")
UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "wh": timedelta(hours=1),
    "wd": timedelta(days=1),
}
LONGEST = timedelta(days=3660)
WANTED = (
    "Write a length of time as 30m, 4h, 2d or 1w; 4wh and 2wd count hours and days "
    "of work. At most ten years."
)


def parse(text: str) -> Span:
    """Return the length of time, or raise ValueError with a sentence."""
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(WANTED)
    unit = found[2]
    length = int(found[1]) * UNITS[unit]
    if length > LONGEST:
        raise ValueError(WANTED)
    return Span(length, working=unit in ("wh", "wd"), days=unit == "wd")
