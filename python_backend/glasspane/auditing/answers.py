"""An answer read into a normal form, so that two of them can be compared and counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .dates import NoDate, WrittenDate, find_dates
from .numerals import DIGITS, IN_WORDS, decimal_text, read_number
from .plain_text import plain
from .units import CURRENCIES, Unit, unit_of

Kind = Literal["number", "fraction", "percent", "date", "time", "option", "yes_no", "text"]

LONGEST_TEXT = 12
"""Words of an answer that is neither number, date, option nor yes or no; more of them are prose."""

_NUMBER = rf"(?:{DIGITS})"
_VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅛": "1/8"}
_TAGS = re.compile(r"</?answer>|\\(?:text|mathrm|mathbf|textbf)\{([^{}]*)\}", re.IGNORECASE)
_BOX = re.compile(r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}")
_FRAC = re.compile(r"\\[dt]?frac\{(-?\d+)\}\{(\d+)\}")
_OPTION = re.compile(
    r"(?:(?:option|choice|answer)\s+)?(?:\(([A-Za-z])\)|\[([A-Z])\]|([A-Za-z])[.):](?=\s|$)|([A-Z])(?=$))",
    re.IGNORECASE,
)
_SECOND_OPTION = re.compile(r"\s*(?:,|/|&|\band\b|\bor\b)\s*(?:option\s+)?[(\[]?[A-Z][)\].]?(?=$|[\s,])")
_TWO_LETTERS = re.compile(r"[A-Z]\s*(?:,|/|&|and|or)\s*(?:[A-Z]\b.*)")
_YES_NO = re.compile(r"(yes|no|true|false)(?=$|\s*[,;:.!(]|\s+[-—])", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[;:(]|,\s|\s[-—]\s|\.\s|\b(?:because|since|as|so|which|after|before|from)\b", re.IGNORECASE
)
_NO_ANSWER = re.compile(
    r"(?:i(?:'m| am)? (?:do not|don't|not|cannot|can't)\b.*|unknown|unclear|n/?a|none|\?+|not sure)",
    re.IGNORECASE,
)
_TWO_EQUATIONS = re.compile(r"=[^=]*(?:[;]|,\s|\band\b|\bor\b)[^=]*=")
_LIST = re.compile(rf"\s*(?:,|/|&|,?\s*\b(?:and|or|to)\b)\s*(?:or|and)?\s*(?:{DIGITS})", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\.?", re.IGNORECASE)
_LARGE = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_ABOUT = re.compile(
    r"(?:is|are|=|≈|about|around|approximately|roughly|exactly|just|only|a total of|total of)\s*", re.I
)
_VALUE = re.compile(
    rf"""(?ix)(?P<sign>[+-]?)\s*(?P<money>[{CURRENCIES}]?)\s*(?P<inner>-?)
    (?:(?P<mixed>\d+)\s+(?=\d+\s*/\s*\d))?
    (?:(?P<over>\d+)\s*/\s*(?P<under>\d+)(?![\d/])
     | (?P<number>{_NUMBER})(?:\s?[×x*]\s?10\^\{{?(?P<power>[+-]?\d{{1,3}})\}}?|e(?P<exponent>[+-]?\d{{1,3}})\b)?
     | (?P<words>{IN_WORDS}))
    (?P<percent>\s?%|\s+per\s?cent\b)?"""
)


@dataclass(frozen=True)
class Answer:
    """An answer in its normal form.

    ``canonical`` is what is compared and voted with, within one ``kind``: "25", "1/2", "50" (of percent),
    "2024-03-05", "(A)", "yes", or the words in lower case. ``unit`` is kept where it is a unit of measure or
    a currency, ``value`` where there is a number. Fractions, decimals and percentages are never merged.
    """

    kind: Kind
    canonical: str
    raw: str
    value: Fraction | None = None
    unit: Unit | None = None

    @property
    def vote(self) -> tuple[Kind, str]:
        """What is counted in a majority vote; units are left out, for they are often left out in replies."""
        return self.kind, self.canonical


@dataclass(frozen=True)
class Unparsed:
    """No answer could be read, and why; never a vote."""

    raw: str
    why: str


def same_answer(one: Answer | Unparsed, other: Answer | Unparsed) -> bool:
    """Whether both are the same answer; what could not be read is the same as nothing.

    "25" and "25 people" are the same, "25 km" and "25 m" are not (units are not converted).
    """
    if isinstance(one, Unparsed) or isinstance(other, Unparsed) or one.vote != other.vote:
        return False
    return one.unit is None or other.unit is None or one.unit == other.unit


def read_answer(text: str, options: Mapping[str, str] | None = None) -> Answer | Unparsed:
    """Read the answer that ``text`` holds, as it stands behind a stem or as a reference is written.

    ``options`` are the question's choices, ``{"A": "12", …}``: an answer that says one of them without its
    letter is read as that letter.
    """
    read = _read(text)
    if not options or isinstance(read, Unparsed) or read.kind == "option":
        return read
    holding = [letter for letter, said in options.items() if same_answer(_read(said), read)]
    if len(holding) != 1:
        return read
    return Answer("option", f"({holding[0].strip('()[]. ').upper()})", text, read.value)


def _read(raw: str) -> Answer | Unparsed:
    text = _bare(raw)
    if not text or not any(map(str.isalnum, text)):
        return Unparsed(raw, "there is nothing to read")
    if _NO_ANSWER.fullmatch(text):
        return Unparsed(raw, "it says that there is no answer")
    if _TWO_LETTERS.fullmatch(text):
        return Unparsed(raw, "it names more than one option")
    option = _OPTION.match(text)
    if option is not None:
        if _SECOND_OPTION.match(text, option.end()):
            return Unparsed(raw, "it names more than one option")
        letter = next(group for group in option.groups() if group)
        return Answer("option", f"({letter.upper()})", raw)
    if (said := _YES_NO.match(text)) is not None:
        return Answer("yes_no", "yes" if said[1].lower() in ("yes", "true") else "no", raw)
    dates = find_dates(text)
    if dates:
        return _date(raw, dates)
    time = _TIME.search(text)
    if time is not None and (hour := int(time[1])) in range(1, 13) and int(time[2] or 0) < 60:
        hour = hour % 12 + (12 if time[3].lower() == "p" else 0)
        return Answer("time", f"{hour:02}:{time[2] or '00'}", raw)
    return _number(raw, text)


def _bare(raw: str) -> str:
    """``raw`` without mark-up, quotes and final full stop, in plain signs."""
    text = _BOX.sub(r"\1", raw)
    text = _FRAC.sub(r"\1/\2", text.replace("{,}", ","))
    text = _TAGS.sub(lambda found: found[1] or "", text)
    for sign, written in _VULGAR.items():
        text = re.sub(rf"(?<=\d){sign}", f" {written}", text).replace(sign, written)
    text = " ".join(plain(text).split()).strip("*_ \t'\"")
    if re.fullmatch(r"\$[^$]*\$[.]?", text):
        text = text.replace("$", "")
    return text.rstrip(".!,;: ").strip("*_ '\"")


def _date(raw: str, dates: list[WrittenDate | NoDate]) -> Answer | Unparsed:
    if len(dates) > 1:
        return Unparsed(raw, "it holds more than one date")
    found = dates[0]
    if isinstance(found, NoDate):
        return Unparsed(raw, found.why)
    return Answer("date", found.iso, raw)


def _number(raw: str, text: str) -> Answer | Unparsed:
    if _TWO_EQUATIONS.search(text):
        return Unparsed(raw, "it holds more than one equation")
    if "=" in text or "≈" in text:
        text = re.split(r"[=≈]", text)[-1].strip()
    start = 0
    while (hedge := _ABOUT.match(text, start)) is not None and hedge.end() > start:
        start = hedge.end()
    text = text[start:]
    found = _VALUE.match(text)
    if found is None:
        clause = _CLAUSE.split(text)[0]
        places = [one for one in _VALUE.finditer(clause) if _whole(clause, one)]
        places = [one for one in places if (one["words"] or "").lower() != "one"]
        if not places:
            return _words(raw, text)
        if len(places) > 1:
            return Unparsed(raw, "it holds more than one number")
        found, text = places[0], clause
    elif not _whole(text, found):
        return _words(raw, text)
    rest = _CLAUSE.split(text[found.end() :])[0]
    if _LIST.match(text, found.end()) or any(_whole(rest, one) for one in _VALUE.finditer(rest)):
        return Unparsed(raw, "it holds more than one number")
    return _value(raw, found, rest)


def _whole(text: str, found: re.Match[str]) -> bool:
    """Whether a number stands for itself, and is not a part of a name, a ratio, a range or a list."""
    start = next(found.start(group) for group in ("mixed", "over", "number", "words") if found[group])
    before, after = text[:start], text[found.end() :]
    if found["words"] is None and re.search(r"[A-Za-z0-9][-_]?$|\d[.,:/]$", before):
        return False
    return re.match(r"[:/^]\d|[.,]\d|-\d|,\d|°?[A-Za-z]+\d", after) is None


def _value(raw: str, found: re.Match[str], rest: str) -> Answer | Unparsed:
    negative = (found["sign"] == "-") != (found["inner"] == "-")
    kind: Kind = "number"
    if found["under"] is not None:
        if int(found["under"]) == 0:
            return Unparsed(raw, "it divides by zero")
        value = Fraction(int(found["over"]), int(found["under"])) + int(found["mixed"] or 0)
        kind = "fraction" if value.denominator > 1 else "number"
    else:
        number = read_number(found["number"] or found["words"])
        if number is None:
            return Unparsed(raw, "the number has too many digits")
        value = number * Fraction(10) ** int(found["power"] or found["exponent"] or 0)
    for word in rest.lower().split()[:2]:
        if word not in _LARGE:
            break
        value *= _LARGE[word]
        rest = rest.lower().split(word, 1)[1]
    value = -value if negative else value
    if found["percent"]:
        kind = "percent"
    exact = decimal_text(value)
    canonical = exact if kind != "fraction" and exact is not None else str(value)
    return Answer(kind, canonical, raw, value, unit_of(found["money"] or rest))


def _words(raw: str, text: str) -> Answer | Unparsed:
    words = re.sub(r"^(?:[Tt]he|[Aa]n?)\s+", "", text).lower()
    if not any(map(str.isalpha, words)) and "," in words:
        return Unparsed(raw, "it is not told whether its commas part thousands, decimals or numbers")
    if not words:
        return Unparsed(raw, "there is nothing to read")
    if len(words.split()) > LONGEST_TEXT:
        return Unparsed(raw, "it is neither a number, date, option, yes or no, nor a few words")
    return Answer("text", words, raw)
