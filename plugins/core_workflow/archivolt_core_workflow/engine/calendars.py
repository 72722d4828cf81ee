"""Business calendars: when a span of time ends, counted in the tenant's zone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from archivolt_core_workflow.engine.model import Span

DAY = timedelta(days=1)
MOST_DAYS = 3660 * 4
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Calendar:
    """When people work: days of the week, hours of the day, and holidays."""

    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = field(default_factory=frozenset)

    def after(self, moment: datetime, span: Span) -> datetime:
        """Return the end of a span that begins now, in UTC."""
        if not span.working:
            return (moment + span.length).astimezone(UTC)
        local = moment.astimezone(self.zone)
        if span.days:
            end = self._add_days(local, span.length.days)
        else:
            end = self._add_hours(local, span.length)
        return end.astimezone(UTC)

    def _works(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.holidays

    def _next_day(self, day: date) -> date:
        """Return the first working day from a day on."""
        for _ in range(MOST_DAYS):
            if self._works(day):
                return day
            day += DAY
        raise ValueError("The calendar has no working day in sight.")

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.zone)

    def _add_days(self, local: datetime, days: int) -> datetime:
        """Return the same hour so many working days later."""
        first = self._next_day(local.date())
        hour = local.time() if first == local.date() else self.opens
        day = first
        for _ in range(days):
            day = self._next_day(day + DAY)
        return self._at(day, min(max(hour, self.opens), self.closes))

    def _add_hours(self, local: datetime, length: timedelta) -> datetime:
        """Use up the hours of one working day after the other."""
        day = self._next_day(local.date())
        begins = self._at(day, self.opens)
        now = max(local, begins) if day == local.date() else begins
        for _ in range(MOST_DAYS):
            closes = self._at(day, self.closes)
            # In UTC: on the days when clocks change an hour is still an hour.
            left = max(closes.astimezone(UTC) - now.astimezone(UTC), timedelta())
            if length <= left:
                return now.astimezone(UTC) + length
            length -= left
            day = self._next_day(day + DAY)
            now = self._at(day, self.opens)
        raise ValueError("The calendar has too few working hours.")


def days_of(names: Sequence[str]) -> frozenset[int]:
    """Return the days of the week by number; an unknown name is a ValueError."""
    return frozenset(WEEK.index(name) for name in names)
