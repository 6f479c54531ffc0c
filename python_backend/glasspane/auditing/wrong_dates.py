"""A rule that makes a date in a step wrong, and the arithmetic of dates that shows it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from .answers import Answer, read_answer
from .chains import Chain
from .consequences import Consequence, Reason
from .dates import WrittenDate, find_dates, write_date_like
from .numerals import IN_WORDS, read_number
from .plain_text import plain
from .wrong_numbers import Change

FARTHEST = 30
"""Days by which a date is moved at most."""

_WEEK = "monday tuesday wednesday thursday friday saturday sunday"
_WEEKDAYS = _WEEK.split()
_SPAN = rf"(\d{{1,6}}|{IN_WORDS})\s+(day|week)s?"
_LATER = re.compile(rf"\s*(?:\+|plus)\s*{_SPAN}\s*(?:is|=|gives|makes|,?\s*which is)\s*", re.IGNORECASE)
_EARLIER = re.compile(rf"\s*(?:-|minus)\s*{_SPAN}\s*(?:is|=|gives|makes|,?\s*which is)\s*", re.IGNORECASE)
_BEFORE = re.compile(rf"{_SPAN}\s+(after|from|before)\s+$", re.IGNORECASE)
_IS = re.compile(r"\s*,?\s*(?:is|=|gives|we get)\s*", re.IGNORECASE)
_IS_SPAN = re.compile(rf"\s*(?:is|=)\s*{_SPAN}\s+(after|from|before)\s+", re.IGNORECASE)
_WEEKDAY = re.compile(rf"\s*(?:is|was|falls on|fell on)\s+an?\s+({'|'.join(_WEEKDAYS)})\b|", re.IGNORECASE)


@dataclass(frozen=True)
class DateFact:
    """A date that a text states, and what it must be by the calendar."""

    stated: WrittenDate
    exact: date

    @property
    def right(self) -> bool:
        """Whether the calendar agrees."""
        return self.stated.day == self.exact


def date_facts(text: str) -> list[DateFact]:
    """Stated sums of dates: "… plus 10 days is …", "10 days after … is …" and "… is 10 days after …"."""
    said = plain(text)
    dates = [one for one in find_dates(said) if isinstance(one, WrittenDate) and one.has_year]
    facts = []
    for first, second in pairwise(dates):
        between = said[first.end : second.start]
        if (found := _LATER.fullmatch(between)) is not None:
            facts.append(DateFact(second, first.day + _days(found[1], found[2])))
        elif (found := _EARLIER.fullmatch(between)) is not None:
            facts.append(DateFact(second, first.day - _days(found[1], found[2])))
        elif _IS.fullmatch(between) and (found := _BEFORE.search(said[: first.start])) is not None:
            facts.append(DateFact(second, _shifted(first.day, found)))
        elif (found := _IS_SPAN.fullmatch(between)) is not None:
            facts.append(DateFact(first, _shifted(second.day, found)))
    return facts


def wrong_weekday(text: str) -> bool:
    """Whether ``text`` says of a date that it is a weekday which it is not."""
    said = plain(text)
    for one in find_dates(said):
        if isinstance(one, WrittenDate) and one.has_year:
            found = _WEEKDAY.match(said, one.end)
            if found is not None and found[1] and _WEEKDAYS[one.day.weekday()] != found[1].lower():
                return True
    return False


def wrong_dates(rng: random.Random, chain: Chain, index: int, question: str | None) -> Iterator[Change]:
    """Another date in a step that states one, in the same manner of writing.

    Verified wrong where the step computes it, or names its weekday, or an earlier text states it. The consequence is
    the date itself, where it is the chain's answer.
    """
    body = chain.steps[index].body
    dates = [one for one in find_dates(plain(body)) if isinstance(one, WrittenDate)]
    facts = [fact for fact in date_facts(body) if fact.right]
    target = facts[-1].stated if facts else (dates[-1] if dates else None)
    if target is None or [one.day for one in dates].count(target.day) > 1:
        return
    earlier = [question or "", *(step.body for step in chain.steps[:index])]
    known = {iso for text in earlier for iso in _isos(text)}
    restated = tuple(step.index for step in chain.steps[index + 1 :] if target.iso in _isos(step.body))
    shifts = [days for days in range(-FARTHEST, FARTHEST + 1) if days]
    rng.shuffle(shifts)
    written = body[target.start : target.end]
    answer = None if chain.answer is None else read_answer(chain.answer.text)
    for days in shifts:
        moved = target.day + timedelta(days=days)
        text = write_date_like(moved, plain(written))
        if text is None:
            continue
        changed = body[: target.start] + text + body[target.end :]
        computed = bool(facts) and any(not fact.right for fact in date_facts(changed))
        weekday = wrong_weekday(changed) and not wrong_weekday(body)
        follows = Consequence(None, "answer_not_linked")
        if isinstance(answer, Answer) and answer.kind == "date" and answer.canonical == target.iso:
            follows = Consequence(_read_date(text), _reason(chain, index, target.iso), (), restated)
        yield Change(
            changed, "date", written, text, computed or weekday or target.iso in known, follows=follows
        )


def _read_date(text: str) -> Answer | None:
    read = read_answer(text)
    return read if isinstance(read, Answer) and read.kind == "date" else None


def _reason(chain: Chain, index: int, iso: str) -> Reason:
    """A date that other steps state too is overdetermined, as a number is."""
    if any(iso in _isos(step.body) for step in chain.steps[:index]):
        return "computed_again"
    return "restated" if any(iso in _isos(step.body) for step in chain.steps[index + 1 :]) else "computed"


def _isos(text: str) -> set[str]:
    return {one.iso for one in find_dates(plain(text)) if isinstance(one, WrittenDate)}


def _days(number: str, unit: str) -> timedelta:
    value = read_number(number)
    return timedelta(days=int(value or 0) * (7 if unit.lower() == "week" else 1))


def _shifted(day: date, found: re.Match[str]) -> date:
    span = _days(found[1], found[2])
    return day - span if found[3].lower() == "before" else day + span
