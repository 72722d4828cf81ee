"""Business calendars, where clocks change and where nobody works."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from archivolt_core_workflow.engine import durations
from archivolt_core_workflow.engine.calendars import Calendar, days_of

VIENNA = Calendar(ZoneInfo("Europe/Vienna"), holidays=frozenset({date(2026, 12, 25)}))


@pytest.mark.parametrize(
    ("begins", "span", "ends"),
    [
        ("2026-11-20T10:00+01:00", "90m", "2026-11-20T11:30+01:00"),
        ("2026-11-20T10:00+01:00", "1w", "2026-11-27T10:00+01:00"),
        # A Friday: the weekend does not count.
        ("2026-11-20T10:00+01:00", "1wd", "2026-11-23T10:00+01:00"),
        ("2026-11-20T16:00+01:00", "4wh", "2026-11-23T12:00+01:00"),
        ("2026-11-20T16:00+01:00", "1wh", "2026-11-20T17:00+01:00"),
        # Saturday counts from Monday morning on.
        ("2026-11-21T10:00+01:00", "1wd", "2026-11-24T09:00+01:00"),
        ("2026-11-21T10:00+01:00", "8wh", "2026-11-23T17:00+01:00"),
        # Before and after hours.
        ("2026-11-19T03:00+01:00", "2wh", "2026-11-19T11:00+01:00"),
        ("2026-11-19T22:00+01:00", "2wh", "2026-11-20T11:00+01:00"),
        ("2026-11-19T22:00+01:00", "1wd", "2026-11-20T17:00+01:00"),
        # Christmas is a Friday off.
        ("2026-12-24T10:00+01:00", "1wd", "2026-12-28T10:00+01:00"),
        # The clocks change on Sunday the 25th of October.
        ("2026-10-23T10:00+02:00", "1wd", "2026-10-26T10:00+01:00"),
        ("2026-10-23T10:00+02:00", "3d", "2026-10-26T09:00+01:00"),
        ("2026-11-20T10:00+01:00", "500wd", "2028-10-23T10:00+02:00"),
    ],
)
def test_a_span_ends_when_people_work(begins, span, ends):
    found = VIENNA.after(datetime.fromisoformat(begins), durations.parse(span))
    assert found == datetime.fromisoformat(ends)
    assert found.tzinfo == UTC


def test_an_hour_of_work_is_an_hour_while_clocks_change():
    night = Calendar(
        ZoneInfo("Europe/Vienna"), days_of(["sun"]), time(1), time(5)
    )  # 25 October 2026: five hours long from 1 to 5
    begins = datetime.fromisoformat("2026-10-25T01:00+02:00")
    ends = night.after(begins, durations.parse("5wh"))
    assert ends == datetime.fromisoformat("2026-10-25T05:00+01:00")


@pytest.mark.parametrize("text", ["", "1", "d", "0d", "-1d", "1.5h", "1y", "99999w"])
def test_other_spans_are_refused(text):
    with pytest.raises(ValueError, match="Write a length of time"):
        durations.parse(text)


def test_a_calendar_without_a_working_day_in_sight_says_so():
    never = Calendar(ZoneInfo("UTC"), days=frozenset())
    with pytest.raises(ValueError, match="no working day"):
        never.after(datetime(2026, 1, 1, tzinfo=UTC), durations.parse("1wd"))
