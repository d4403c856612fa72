"""Hours and hour ranges: naive datetimes in UTC; ranges are half-open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from makegood.errors import MakegoodError

HOUR = timedelta(hours=1)
FIRST_HOUR = datetime(2023, 1, 1)  # noqa: DTZ001 - hours are naive UTC throughout
"""The first hour that can be run. No gateway for language models has older logs."""


def floor_hour(moment: datetime) -> datetime:
    """The start of the hour that contains `moment` (naive UTC)."""
    return moment.replace(minute=0, second=0, microsecond=0)


def parse_hour(text: str) -> datetime:
    """Parse an hour such as `2026-11-01T05` (also `2026-11-01`, `2026-11-01T05:00`, with or without `Z`).

    Raises:
        MakegoodError: the text is not a full hour in one of these formats.
    """
    plain = text.strip().removesuffix("Z") if text.isascii() else ""
    for form in ("%Y-%m-%dT%H", "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d-%H:%M", "%Y-%m-%dT%H:%M:%S"):
        try:
            moment = datetime.strptime(plain, form)  # noqa: DTZ007 - naive UTC by definition
        except ValueError:
            continue
        if moment != floor_hour(moment):
            break
        return moment
    raise MakegoodError(f"{text!r} is not an hour in UTC; write it like 2026-11-01T05")


def parse_day(text: str) -> date:
    """Parse a day such as `2026-11-01`; today is the latest day allowed.

    Raises:
        MakegoodError: the text is not a day, or the day is before `FIRST_HOUR` or in the future.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise MakegoodError(f"{text!r} is not a day; write it like 2026-11-01") from error
    today = datetime.now(UTC).date()
    if not FIRST_HOUR.date() <= day <= today:
        raise MakegoodError(f"{text} is not between {FIRST_HOUR:%Y-%m-%d} and today, {today}")
    return day


@dataclass(frozen=True)
class HourRange:
    """The hours from `start` up to and not including `end`."""

    start: datetime
    end: datetime

    @classmethod
    def parse(cls, start: str, end: str | None) -> "HourRange":
        """Parse the two bounds of a range; without an end it is a single hour.

        Raises:
            MakegoodError: a bound is not an hour, or the range is empty, reversed, starts before `FIRST_HOUR` or has not ended yet.
        """
        first, now = parse_hour(start), floor_hour(datetime.now(UTC).replace(tzinfo=None))
        if end is None and first >= now:
            raise MakegoodError(f"the hour {start} is not over yet")
        hours = cls(first, parse_hour(end) if end is not None else first + HOUR)
        if hours.end <= hours.start:
            raise MakegoodError(
                f"the range {start} to {end} holds no hour: --to must be later than --from (it is not included)"
            )
        if hours.start < FIRST_HOUR:
            raise MakegoodError(f"the range begins before the first hour that can be run, {FIRST_HOUR:%Y-%m-%dT%H}")
        if hours.end > now:
            raise MakegoodError(
                f"the hour before {end} is not over yet: the last --to possible now is {now:%Y-%m-%dT%H}"
            )
        return hours

    def __iter__(self) -> Iterator[datetime]:
        """Each hour's start, in order."""
        hour = self.start
        while hour < self.end:
            yield hour
            hour += HOUR

    def __str__(self) -> str:
        """The range as a user types it: `2026-11-01T00 to 2026-11-02T00`."""
        return f"{self.start:%Y-%m-%dT%H} to {self.end:%Y-%m-%dT%H}"
