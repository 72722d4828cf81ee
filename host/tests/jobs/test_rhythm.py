"""Cron and intervals, in time zones whose clocks are put forward and back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archivolt_host.errors import InvalidError
from archivolt_host.jobs import rhythm

SEVEN = UUID(int=7)


@dataclass
class Due:
    cron: str | None = None
    every: int | None = None
    zone: str = "Europe/Berlin"
    id: UUID = SEVEN
    source: str = "users"


def following(due, start, count):
    moment, found = datetime.fromisoformat(start).astimezone(UTC), []
    for _ in range(count):
        moment = rhythm.next_after(due, moment)
        found.append(moment.strftime("%d %H:%M"))
    return found


def test_a_fixed_hour_keeps_its_place_on_the_clock():
    due = Due("0 7 * * *")
    assert following(due, "2026-03-27T12:00+01:00", 3) == [
        *("28 06:00", "29 05:00", "30 05:00")
    ]
    assert following(due, "2026-10-24T12:00+02:00", 2) == ["25 06:00", "26 06:00"]


def test_an_hour_that_is_left_out_runs_once_right_after():
    due = Due("30 2 * * *")
    assert following(due, "2026-03-28T12:00+01:00", 2) == ["29 01:00", "30 00:30"]


def test_a_fixed_hour_that_comes_twice_runs_once():
    due = Due("30 2 * * *")
    assert following(due, "2026-10-24T12:00+02:00", 2) == ["25 00:30", "26 01:30"]


def test_what_runs_every_half_hour_runs_in_both_of_the_hours():
    due = Due("*/30 * * * *")
    assert following(due, "2026-10-25T01:45+02:00", 5) == [
        *("25 00:00", "25 00:30", "25 01:00", "25 01:30", "25 02:00")
    ]


FROM, TO = (datetime.fromisoformat(f"{year}-01-01") for year in (2020, 2030))
MOMENTS = st.datetimes(FROM, TO).map(lambda found: found.replace(tzinfo=UTC))
CRONS = st.sampled_from(
    [
        "* * * * *",
        "30 2 * * *",
        "0 7 * * 1-5",
        "*/7 3 * * *",
        "0 0 1 * *",
        "15 */2 * * *",
    ]
)


def test_the_last_time_is_never_a_part_of_a_second_ahead():
    moment = datetime.fromisoformat("2026-11-21T10:00:59.500+00:00")
    last = rhythm.last_until(Due("* * * * *"), moment)
    assert last == datetime.fromisoformat("2026-11-21T10:00+00:00")


@given(MOMENTS, CRONS, st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]))
def test_the_last_time_and_the_next_one_enclose_every_moment(moment, cron, zone):
    due = Due(cron, zone=zone)
    last, after = rhythm.last_until(due, moment), rhythm.next_after(due, moment)
    assert last <= moment < after
    assert rhythm.last_until(due, after) == after


@given(MOMENTS, st.integers(60, 90_000), st.builds(uuid4))
def test_an_interval_keeps_its_length_and_is_spread(moment, every, id):
    due = Due(every=every, id=id)
    times = [rhythm.last_until(due, moment)]
    for _ in range(3):
        times.append(rhythm.next_after(due, times[-1]))
    assert times[0] <= moment < times[1]
    assert {b - a for a, b in pairwise(times)} == {timedelta(seconds=every)}


@pytest.mark.parametrize(
    "cron",
    ["", "* * * *", "* * * * * *", "@reboot", "61 * * * *", "0 0 31 2 *", "a b c d e"],
)
def test_what_is_never_due_is_refused(cron):
    with pytest.raises(InvalidError, match="never due"):
        rhythm.check(cron, None, "UTC")


@pytest.mark.parametrize(
    "cron",
    [
        *("* * * * *", "*/60 * * * *", "0 */24 * * *", "0 0 */31 * *", "0 0 1 */12 *"),
        *("0 0 * * */7", "0 7 * mar,apr thu-fri", "0 7 * * 1-5", "5,35 8-18/2 * * *"),
    ],
)
def test_what_cron_means_everywhere_is_accepted(cron):
    rhythm.check(cron, None, "UTC")


@pytest.mark.parametrize(
    ("cron", "every", "zone", "words"),
    [
        ("R R * * *", None, "UTC", "at random"),
        ("0 r(8-18) * * *", None, "UTC", "at random"),
        ("*/61 * * * *", None, "UTC", "at most 60 in the field of minutes"),
        ("0 1,*/25 * * *", None, "UTC", "at most 24 in the field of hours"),
        ("0 0 1-31/32 * *", None, "UTC", "at most 31 in the field of days"),
        ("0 0 1 */13 *", None, "UTC", "at most 12 in the field of months"),
        ("0 0 * * */8", None, "UTC", "at most 7 in the field of weekdays"),
        ("0 7 * * *", 60, "UTC", "either cron"),
        (None, None, "UTC", "either cron"),
        (None, 59, "UTC", "at least 60"),
        ("0 7 * * *", None, "Mars/Olympus", "no time zone"),
        ("0 7 * * *", None, "../../etc/passwd", "no time zone"),
        ("0 7 * * *", None, "localtime", "no time zone"),
        ("0 7 * * *", None, "Factory", "no time zone"),
    ],
)
def test_what_is_wrong_is_said(cron, every, zone, words):
    with pytest.raises(InvalidError, match=words):
        rhythm.check(cron, every, zone)
