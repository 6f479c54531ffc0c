"""Correct paraphrases of a step, verified to say the same, and true sentences that say nothing to the purpose."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ..errors import GlasspaneError
from .chains import Chain
from .equations import Equation, find_equations, find_quantities
from .expressions import Operation
from .facts import FACTS
from .numerals import number_in_words

Form = Literal["operator in words", "exchanged", "named first", "result first", "opener", "number words"]
Place = Literal["instead", "beside"]

FORMS: tuple[Form, ...] = ("operator in words", "exchanged", "named first", "result first", "opener")
"""The forms used by default. Number words are left out: small models read digits only."""

TEMPLATES: dict[str, tuple[tuple[Form, str], ...]] = {
    "+": (
        ("operator in words", "{a} plus {b} is {r}"),
        ("operator in words", "{a} plus {b} equals {r}"),
        ("operator in words", "{a} plus {b} makes {r}"),
        ("exchanged", "{b} + {a} = {r}"),
        ("exchanged", "{b} plus {a} is {r}"),
        ("named first", "adding {b} to {a} gives {r}"),
        ("named first", "the sum of {a} and {b} is {r}"),
        ("named first", "we add {b} to {a} and get {r}"),
        ("result first", "{r} is {a} plus {b}"),
        ("result first", "{r} = {a} + {b}"),
    ),
    "-": (
        ("operator in words", "{a} minus {b} is {r}"),
        ("operator in words", "{a} minus {b} equals {r}"),
        ("operator in words", "{a} minus {b} makes {r}"),
        ("exchanged", "{b} less than {a} is {r}"),
        ("named first", "taking {b} from {a} gives {r}"),
        ("named first", "subtracting {b} from {a} gives {r}"),
        ("named first", "we take {b} from {a} and get {r}"),
        ("result first", "{r} is {a} minus {b}"),
        ("result first", "{r} = {a} - {b}"),
    ),
    "×": (
        ("operator in words", "{a} times {b} is {r}"),
        ("operator in words", "{a} times {b} equals {r}"),
        ("operator in words", "{a} times {b} makes {r}"),
        ("exchanged", "{b} × {a} = {r}"),
        ("exchanged", "{b} times {a} is {r}"),
        ("named first", "multiplying {a} by {b} gives {r}"),
        ("named first", "we multiply {a} by {b} and get {r}"),
        ("result first", "{r} is {a} times {b}"),
        ("result first", "{r} = {a} × {b}"),
    ),
    "÷": (
        ("operator in words", "{a} divided by {b} is {r}"),
        ("operator in words", "{a} divided by {b} equals {r}"),
        ("named first", "dividing {a} by {b} gives {r}"),
        ("named first", "we divide {a} by {b} and get {r}"),
        ("result first", "{r} is {a} divided by {b}"),
        ("result first", "{r} = {a} ÷ {b}"),
    ),
}

OPENERS = ("So ", "Now ", "Then ", "Here ", "So now ", "This means that ", "In other words, ", "We know ")


@dataclass(frozen=True)
class Rewording:
    """Another body for a step (its label is kept).

    A ``paraphrase`` is ``verified`` where both texts state the same equations and numbers; an ``irrelevant`` one where
    it is a fact of the bundled list that shares no number with the chain.
    """

    step: int
    body: str
    arm: Literal["paraphrase", "irrelevant"]
    form: str
    verified: bool = True
    source: Literal["rule", "user", "model"] = "rule"


@dataclass(frozen=True)
class Rewordings:
    """What could be made, and why there is less than was asked for (``None``: there is not)."""

    variants: tuple[Rewording, ...]
    missing: str | None = None


def paraphrases(
    chain: Chain, index: int, count: int, seed: int = 0, forms: tuple[Form, ...] = FORMS
) -> Rewordings:
    """``count`` distinct correct rewordings of step ``index``; a smaller ``count`` gives the first of the same ones.

    The last equation of the step is said in other words if it has one operation; any step takes an opener. Every one
    is checked by :func:`says_the_same` before it is used. Raises ``bad_option`` for a step that is not there.
    """
    body = _body(chain, index)
    rng = random.Random(f"paraphrase:{seed}:{index}")
    bare = _bodies(body, forms)
    opened = [
        ("opener", opener + _lower_first(text)) for _, text in [("", body), *bare] for opener in OPENERS
    ]
    rng.shuffle(bare)
    rng.shuffle(opened)
    candidates = [*bare, *opened] if "opener" in forms else bare
    made: dict[str, Rewording] = {}
    for form, text in candidates:
        text = _upper_first(text) if body[:1].isupper() or body[:1].isdigit() else text
        if len(made) < count and text != body and text not in made and says_the_same(text, body):
            made[text] = Rewording(index, text, "paraphrase", form)
    return Rewordings(tuple(made.values()), _missing(len(made), count, "paraphrases"))


def irrelevant_sentences(
    chain: Chain,
    index: int,
    count: int,
    seed: int = 0,
    *,
    question: str | None = None,
    place: Place = "instead",
) -> Rewordings:
    """``count`` true sentences in the place of step ``index``, or ``beside`` it (behind its own words).

    No sentence holds a number that the chain or the ``question`` holds. Raises ``bad_option``.
    """
    body = _body(chain, index)
    texts = [question or "", chain.reply]
    used = {one.value for text in texts for one in find_quantities(text)}
    fitting = [fact for fact in FACTS if not used & {one.value for one in find_quantities(fact)}]
    random.Random(f"irrelevant:{seed}:{index}").shuffle(fitting)
    made = tuple(
        Rewording(index, fact if place == "instead" else f"{_stopped(body)} {fact}", "irrelevant", place)
        for fact in fitting[:count]
    )
    return Rewordings(made, _missing(len(made), count, "irrelevant sentences"))


def written_rewording(
    chain: Chain,
    index: int,
    body: str,
    arm: Literal["paraphrase", "irrelevant"],
    source: Literal["user", "model"],
) -> Rewording:
    """A control in a user's or a model's own words; a paraphrase is verified where computation can tell."""
    original = _body(chain, index)
    verified = arm == "paraphrase" and bool(find_equations(original)) and says_the_same(body, original)
    return Rewording(index, body, arm, "written", verified, source)


def says_the_same(text: str, other: str) -> bool:
    """Whether both state the same equations (up to the order of what commutes) and the same numbers."""
    return _said(text) == _said(other)


def _said(text: str) -> tuple[Counter[str], Counter[Fraction]]:
    equations = find_equations(text)
    return Counter(one.meaning for one in equations), Counter(one.value for one in find_quantities(text))


def _bodies(body: str, forms: tuple[Form, ...]) -> list[tuple[Form | str, str]]:
    equations = find_equations(body)
    if not equations or (form := _operator(equations[-1])) is None:
        return []
    equation = equations[-1]
    last = body[equation.end :].strip(" .!\n") == ""
    found: list[tuple[Form | str, str]] = []
    for name, template in TEMPLATES[form]:
        if name not in forms or (name == "result first" and not last):
            continue
        found.append((name, _filled(body, equation, template, words=False)))
    if "number words" in forms:
        for _, template in TEMPLATES[form]:
            if not set(template) & set("+-×÷="):
                found.append(("number words", _filled(body, equation, template, words=True)))
    return found


def _operator(equation: Equation) -> str | None:
    tree = equation.expression
    if not isinstance(tree, Operation) or not isinstance(tree.left, int) or not isinstance(tree.right, int):
        return None
    return tree.operator if tree.operator in TEMPLATES else None


def _filled(body: str, equation: Equation, template: str, words: bool) -> str:
    tree = equation.expression
    assert isinstance(tree, Operation)
    assert isinstance(tree.left, int)
    assert isinstance(tree.right, int)
    parts = {"a": equation.operands[tree.left], "b": equation.operands[tree.right], "r": equation.result}
    said = {}
    for name, one in parts.items():
        number = (number_in_words(one.value) if words and not one.percent else None) or one.text
        said[name] = body[one.whole_start : one.start] + number + body[one.end : one.whole_end]
    text = template.format(**said)
    if equation.start == 0 or body[: equation.start].rstrip().endswith((".", ":", "!", "?")):
        text = _upper_first(text)
    return body[: equation.start] + text + body[equation.end :]


def _body(chain: Chain, index: int) -> str:
    if not 0 <= index < len(chain.steps):
        raise GlasspaneError(
            "bad_option",
            f"The chain has no step {index + 1}.",
            f"Choose one of its {len(chain.steps)} steps.",
        )
    return chain.steps[index].body


def _missing(made: int, count: int, what: str) -> str | None:
    return None if made >= count else f"Only {made} of {count} {what} could be made."


def _stopped(body: str) -> str:
    return body if body.rstrip().endswith((".", "!", "?")) else body.rstrip() + "."


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_first(text: str) -> str:
    """Without its capital, unless the first word is a name, "I" or an abbreviation as far as can be told."""
    first = text.split(" ", 1)[0].strip(",.:")
    return text[:1].lower() + text[1:] if first in _FUNCTION_WORDS else text


_CAPITALISED = (
    "The A An There This That These Those It So Then Now First Next We They He She Adding Taking Subtracting "
    "Multiplying Dividing Each Since If When After Before In At On"
)
_FUNCTION_WORDS = frozenset(_CAPITALISED.split())
