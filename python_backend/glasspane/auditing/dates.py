"""Dates in their common forms, read only where day and month cannot be mistaken for each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = "january february march april may june july august september october november december"
MONTHS = _MONTHS.split()
_MONTH = "|".join(rf"{name}|{name[:3]}" for name in MONTHS) + "|sept"
_YEAR = r"\d{4}"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"

DATE = re.compile(
    rf"""(?ix)(?<![\w/.-])(?:
      (?P<iso>{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}})
    | (?P<numeric>\d{{1,2}}(?P<sign>[/.-])\d{{1,2}}(?P=sign){_YEAR})
    | (?P<month_first>(?P<m1>{_MONTH})\.?\s+(?P<d1>{_DAY})(?:,?\s+(?P<y1>{_YEAR}))?)
    | (?P<day_first>(?:the\s+)?(?P<d2>{_DAY})\s+(?:of\s+)?(?P<m2>{_MONTH})\b\.?(?:,?\s+(?P<y2>{_YEAR}))?)
    )(?![\w/-]|\.\d)"""
)


@dataclass(frozen=True)
class WrittenDate:
    """A date in a text. Without a year ``day`` lies in the leap year 2000 and ``has_year`` is false."""

    start: int
    end: int
    day: date
    has_year: bool

    @property
    def iso(self) -> str:
        """``2024-03-05``, or ``--03-05`` without a year (ISO 8601:2000)."""
        return self.day.isoformat() if self.has_year else f"--{self.day:%m-%d}"


@dataclass(frozen=True)
class NoDate:
    """Why something that looks like a date is none that can be told."""

    start: int
    end: int
    why: str


def find_dates(text: str) -> list[WrittenDate | NoDate]:
    """Every date in ``text`` (plain), and what looks like one but cannot be told."""
    return [_read(found) for found in DATE.finditer(text)]


def _read(found: re.Match[str]) -> WrittenDate | NoDate:
    start, end = found.span()
    try:
        if found["iso"]:
            year, month, day = map(int, re.split(r"[-/.]", found["iso"]))
        elif found["numeric"]:
            first, second, year = map(int, found["numeric"].split(found["sign"]))
            if first <= 12 and second <= 12 and first != second:
                return NoDate(start, end, f"{found[0]} may mean the day or the month first")
            day, month = (first, second) if second <= 12 else (second, first)
        else:
            name, number, said = (found[group + ("1" if found["month_first"] else "2")] for group in "mdy")
            month = next(place for place, month in enumerate(MONTHS, 1) if month.startswith(name.lower()[:3]))
            day, year = int(re.sub(r"\D", "", number)), int(said) if said else 2000
            return WrittenDate(start, end, date(year, month, day), said is not None)
        return WrittenDate(start, end, date(year, month, day), True)
    except ValueError:
        return NoDate(start, end, f"{found[0]} is no day of the calendar")


def write_date_like(day: date, written: str) -> str | None:
    """``day`` in the manner of ``written`` ("5 March 2024", "03/15/2024"); ``None`` for a manner not known."""
    found = DATE.fullmatch(written)
    if found is None or isinstance(_read(found), NoDate):
        return None
    if found["iso"] or found["numeric"]:
        numbers = re.split(r"([-/.])", written)
        parts = {"y": day.year, "m": day.month, "d": day.day}
        day_first = "dmy" if int(numbers[0]) > 12 else "mdy"
        order = "ymd" if found["iso"] else day_first
        text = "".join(
            numbers[2 * place - 1] * (place > 0) + str(parts[part]).zfill(len(numbers[2 * place]))
            for place, part in enumerate(order)
        )
    else:
        text = _write_named(day, written, found)
    again = find_dates(text)
    same = len(again) == 1 and isinstance(again[0], WrittenDate) and again[0].day == _in_year(day, again[0])
    return text if same else None


def _in_year(day: date, other: WrittenDate) -> date:
    return day if other.has_year else day.replace(year=2000)


def _write_named(day: date, written: str, found: re.Match[str]) -> str:
    which = "1" if found["month_first"] else "2"
    pieces = []
    for group, text in (
        ("m", _month_like(day.month, found["m" + which])),
        ("d", str(day.day) + (_ordinal(day.day) if not found["d" + which].isdigit() else "")),
        ("y", str(day.year)),
    ):
        if found[group + which] is not None:
            pieces.append((*found.span(group + which), text))
    for start, end, text in sorted(pieces, reverse=True):
        written = written[: start - found.start()] + text + written[end - found.start() :]
    return written


def _month_like(month: int, written: str) -> str:
    name = MONTHS[month - 1].capitalize()
    short = written.lower() not in MONTHS
    return name[:3] if short else name


def _ordinal(day: int) -> str:
    return "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
