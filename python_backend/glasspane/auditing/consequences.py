"""What follows from a changed value: the later steps and the answer, recomputed exactly, or why that cannot be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .answers import Answer, Unparsed, read_answer
from .chains import Chain
from .equations import Equation, find_equations, find_quantities
from .expressions import evaluate
from .implied_answers import answer_with, stated_by

Status = Literal["computed", "overdetermined", "unknown", "target"]
Reason = Literal[
    "computed",
    "restated",
    "used_twice",
    "given_too",
    "computed_again",
    "not_used",
    "answer_not_linked",
    "no_answer",
    "no_value",
    "no_option",
    "rounded",
    "wrong_later",
    "undefined",
    "no_difference",
    "user_target",
]

WHY: dict[Reason, str] = {
    "computed": "Later steps and the answer were recomputed from the changed value.",
    "restated": "A later step states the value again, so the answer may take it from there.",
    "used_twice": "The number is used more than once, and it cannot be told where it is the step's result.",
    "given_too": "The number also stands in the question, and it cannot be told which of the two a later step uses.",
    "computed_again": "Another step reaches the same number in another way.",
    "not_used": "No later step uses the step's result, nor is it the answer.",
    "answer_not_linked": "The answer is not the result of any step that could be read.",
    "no_answer": "The reply has no answer that could be read.",
    "no_value": "The step states no value that could be read.",
    "no_option": "No option holds what would follow.",
    "rounded": "A later step rounds its result, so what follows is not exact.",
    "wrong_later": "A later step is not right by itself, so it does not say how its result is computed.",
    "undefined": "A later step cannot be computed with the changed value.",
    "no_difference": "The changed value leads to the same answer.",
    "user_target": "The expected answer was given by the user.",
}
_OVERDETERMINED = ("restated", "used_twice", "given_too", "computed_again")


@dataclass(frozen=True)
class Consequence:
    """The answer that follows from a changed step, or why it cannot be told.

    ``values`` are the recomputed results of later steps, as (step, value). ``restated`` are later steps that state the
    original value without computing with it. A step may be *overdetermined* (the original value can be had without
    it) though the answer that follows from it is told; where it is not told, ``answer`` is ``None``.
    """

    answer: Answer | None
    reason: Reason
    values: tuple[tuple[int, Fraction], ...] = ()
    restated: tuple[int, ...] = ()

    @property
    def status(self) -> Status:
        """``overdetermined`` is a finding about the chain, ``unknown`` a limit of what could be read."""
        if self.reason in _OVERDETERMINED:
            return "overdetermined"
        if self.reason == "user_target":
            return "target"
        return "computed" if self.reason == "computed" else "unknown"

    @property
    def why(self) -> str:
        """For a person."""
        return WHY[self.reason]


def consequence(
    chain: Chain,
    index: int,
    original: Fraction,
    changed: Fraction,
    *,
    question: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Consequence:
    """What the answer becomes when step ``index`` states ``changed`` and no longer ``original``.

    A later operand is the step's result where it is written as the same number and nothing else is: no other step
    states it, and the question does not, or only as often as earlier steps used it up (each number of the question is
    taken to be used once). Without the ``question`` a number used by two later steps is not told, and one used by a
    single step is taken to be the result: give the question where there is one.
    """
    answer = Unparsed("", "") if chain.answer is None else read_answer(chain.answer.text, options)
    if isinstance(answer, Unparsed):
        return Consequence(None, "no_answer")
    flow = _Flow(chain, index, original, changed, question)
    if (problem := flow.run()) is not None:
        return Consequence(None, problem)
    target = stated_by(answer, options)
    if target is None:
        return Consequence(None, "answer_not_linked")
    value, reason = flow.at_answer(target)
    if value is None:
        return Consequence(None, reason, flow.values)
    said = answer_with(answer, value, options)
    if said is None:
        return Consequence(None, "no_option", flow.values)
    if said.vote == answer.vote:
        return Consequence(None, "no_difference", flow.values)
    restated = flow.restated()
    return Consequence(
        said, "restated" if restated and reason == "computed" else reason, flow.values, restated
    )


def step_equations(chain: Chain) -> list[tuple[int, Equation]]:
    """Every equation of the chain with its step; one that stands in the answer has the step after the last."""
    found = [(step.index, one) for step in chain.steps for one in find_equations(step.body)]
    if chain.answer is not None and chain.answer_step is None:
        found += [(len(chain.steps), one) for one in find_equations(chain.answer.text)]
    return found


class _Flow:
    """The changed value on its way through the later equations."""

    def __init__(
        self, chain: Chain, index: int, original: Fraction, changed: Fraction, question: str | None
    ) -> None:
        self.chain, self.index = chain, index
        self.original, self.changed = original, changed
        self.equations = step_equations(chain)
        self.asked = question is not None
        self.given = Counter(one.value for one in find_quantities(question or ""))
        self.earlier: list[tuple[Fraction, Fraction | None]] = []
        """Results so far as (original, changed); the latter is ``None`` where the change did not reach it."""
        self.taken: set[Fraction] = set()
        """Changed results that a later step has used."""
        self.used: set[int] = set()
        """Later steps that compute with a changed value."""
        self.values: tuple[tuple[int, Fraction], ...] = ()

    def run(self) -> Reason | None:
        """Carry the change through; returns why that cannot be told."""
        mine = [place for place, (step, one) in enumerate(self.equations) if step == self.index]
        source = next(
            (place for place in reversed(mine) if self.equations[place][1].stated == self.original), None
        )
        placed = False
        for place, (step, equation) in enumerate(self.equations):
            if step > self.index and not placed and source is None:
                self.earlier.append((self.original, self.changed))
                placed = True
            problem = self._visit(step, equation, place == source)
            if problem is not None:
                return problem
        if source is None and not placed:
            self.earlier.append((self.original, self.changed))
        return None

    def _visit(self, step: int, equation: Equation, is_source: bool) -> Reason | None:
        operands: list[Fraction] = []
        linked: list[Fraction] = []
        for operand in equation.operands:
            sources = [new for old, new in self.earlier if old == operand.value]
            reached = {new for new in sources if new is not None}
            if not sources:
                if self.given[operand.value]:
                    self.given[operand.value] -= 1
                operands.append(operand.value)
                continue
            if not reached or step <= self.index:
                operands.append(operand.value)
                continue
            if None in sources or len(reached) > 1:
                return "computed_again"
            if self.given[operand.value]:
                return "given_too"
            linked.append(operand.value)
            operands.append(reached.pop())
        if is_source:
            self.earlier.append((self.original, self.changed))
            return None
        if not linked:
            self.earlier.append((equation.stated, None))
            return None
        if len(set(linked)) < len(linked) or (not self.asked and not self.taken.isdisjoint(linked)):
            return "used_twice"
        self.taken.update(linked)
        return self._recompute(step, equation, operands)

    def _recompute(self, step: int, equation: Equation, operands: list[Fraction]) -> Reason | None:
        if equation.check != "right":
            return "rounded" if equation.check == "rounded" else "wrong_later"
        value = evaluate(equation.expression, operands)
        if value is None:
            return "undefined"
        if equation.stated != equation.result.value:  # "20 ÷ 80 × 100 = 25%"
            return "wrong_later"
        self.used.add(step)
        self.earlier.append((equation.stated, value))
        self.values = (*self.values, (step, value))
        return None

    def at_answer(self, target: Fraction) -> tuple[Fraction | None, Reason]:
        """The changed value of the result that the answer states; told where only earlier steps reach the same."""
        sources = [new for old, new in self.earlier if old == target]
        if not sources:
            return None, "answer_not_linked"
        reached = {new for new in sources if new is not None}
        if not reached:
            return None, "not_used"
        if len(reached) > 1 or sources[-1] is None:
            return None, "computed_again"
        return reached.pop(), "computed_again" if None in sources else "computed"

    def restated(self) -> tuple[int, ...]:
        """Later steps that state the original value outside an equation and do not compute with it."""
        if self.chain.answer is not None and self.index == len(self.chain.steps) - 1:
            return ()
        found = []
        for step in self.chain.steps[self.index + 1 :]:
            equations = find_equations(step.body)
            loose = [
                one
                for one in find_quantities(step.body)
                if one.value == self.original
                and not any(other.start <= one.start < other.end for other in equations)
            ]
            if loose and step.index not in self.used and step.index != self.chain.answer_step:
                found.append(step.index)
        return tuple(found)
