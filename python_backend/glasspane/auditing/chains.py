"""A model's reply taken apart: its steps, its answer, and what is odd about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from .answer_marks import AnswerMark, AnswerRule, after_stem, conclusion
from .answers import Answer, read_answer
from .endless import loops
from .findings import Finding, FindingCode
from .step_spans import Labelled, Style, split_steps

Finish = Literal["stop", "length"]

LONGEST_REPLY = 200_000
"""Characters after which a reply counts as endless; the rest of it is not read."""

_OPEN = re.compile(r"<(think|thinking|reasoning|thought)>", re.IGNORECASE)
_CLOSE = re.compile(r"</(think|thinking|reasoning|thought)>", re.IGNORECASE)
_NEXT_QUESTION = re.compile(r"(?m)^[ \t]*(?:\*\*)?(?:Question|Q|Problem|Human|User|Input)(?:[ \t]*\d+)?:|<\|")


@dataclass(frozen=True)
class Step:
    """One step: ``text`` is ``reply[start:end]``, of which ``label`` ("Step 1: ") is no part of the reasoning.

    ``complete`` is false for the last step of a reply that was cut in it.
    """

    index: int
    start: int
    body_start: int
    end: int
    label: str
    body: str
    complete: bool = True

    @property
    def text(self) -> str:
        """Label and body as written."""
        return self.label + self.body


@dataclass(frozen=True)
class Chain:
    """A reply with its steps and answer; all places are characters (code points) of ``reply``.

    ``style`` says how the steps are told apart. ``reasoning`` is the span in which they were looked for.
    """

    reply: str
    steps: tuple[Step, ...]
    answer: AnswerMark | None
    style: Style
    reasoning: tuple[int, int]
    findings: tuple[Finding, ...] = ()

    @property
    def answer_step(self) -> int | None:
        """The step that the answer was read from, where no stem announced it."""
        if self.answer is None:
            return None
        start, end = self.answer.start, self.answer.end
        return next((step.index for step in self.steps if step.start < end and start < step.end), None)

    def before(self, index: int) -> str:
        """The reply up to the start of step ``index``."""
        return self.reply[: self.steps[index].start]

    def through(self, index: int) -> str:
        """The reply up to the end of step ``index``."""
        return self.reply[: self.steps[index].end]

    def with_step(self, index: int, body: str) -> str:
        """The reply up to and with step ``index``, its body replaced and its label kept (mode *continue*)."""
        return self.reply[: self.steps[index].body_start] + body

    def swapped(self, index: int, body: str) -> str:
        """The whole reply with the body of step ``index`` replaced (mode *swap*)."""
        return self.with_step(index, body) + self.reply[self.steps[index].end :]

    def pieces(self) -> tuple[str, ...]:
        """What stands before, in, between and after the steps, by turns; joined they are the reply."""
        cuts = [0, *(place for step in self.steps for place in (step.start, step.end)), len(self.reply)]
        return tuple(self.reply[start:end] for start, end in pairwise(cuts))

    def has(self, code: FindingCode) -> bool:
        """Whether a finding of this kind was made."""
        return any(finding.code == code for finding in self.findings)


def read_chain(
    reply: str,
    *,
    finish: Finish | None = None,
    rule: AnswerRule | None = None,
    style: Style | None = None,
) -> Chain:
    """Take ``reply`` apart.

    ``finish`` is why the model stopped: a reply cut by "length" has no answer, and one that ends in a loop only has
    one if the model stopped by itself. ``rule`` finds the answer otherwise than by the usual stems. ``style`` forces
    how steps are told apart; by default numbered steps come before bullets, lines and sentences, whichever the reply
    has. Never raises for what a model wrote.
    """
    if not reply.strip():
        codes: list[FindingCode] = ["empty_reply"]
        if finish == "length":
            codes.append("cut_by_length")
        return Chain(reply, (), None, "none", (0, len(reply)), tuple(map(Finding, codes)))
    rule = rule or AnswerRule()
    reading = _Reading(reply, finish)
    reading.find_answer(rule)
    return reading.chain(style)


class _Reading:
    """One reply being read: where its parts are, and the findings so far."""

    def __init__(self, reply: str, finish: Finish | None) -> None:
        self.reply = reply
        self.codes: list[FindingCode] = []
        self.end = min(len(reply), LONGEST_REPLY)
        self.cut = finish == "length"
        if self.cut:
            self.codes.append("cut_by_length")
        if self.end < len(reply) or loops(reply[max(0, self.end - 20_000) : self.end]):
            self.codes.append("endless_reply")
        endless = "endless_reply" in self.codes and finish != "stop"
        self.answerless = self.cut or self.end < len(reply) or endless
        self.mark: AnswerMark | None = None
        self._place_reasoning()

    def _place_reasoning(self) -> None:
        """Where the steps are, and from where on an answer counts."""
        opened = _OPEN.search(self.reply, 0, self.end)
        closes = list(_CLOSE.finditer(self.reply, 0, self.end))
        self.answer_from, self.tagged = 0, False
        self.start, self.stop = 0, self.end
        if closes:
            self.start = opened.end() if opened is not None and opened.end() <= closes[-1].start() else 0
            self.stop, self.answer_from = closes[-1].start(), closes[-1].end()
            self.tagged = bool(self.reply[self.start : self.stop].strip())
            if not self.tagged:  # an empty pair of tags: the reasoning is in the open
                self.start, self.stop = self.answer_from, self.end
        elif opened is not None:
            self.start, self.tagged = opened.end(), True
            self.codes.append("unclosed_reasoning")
            self.answerless = True

    def find_answer(self, rule: AnswerRule) -> None:
        """The last answer announced before the reply goes on with another question."""
        marks = rule.find(self.reply, self.answer_from, self.end)
        if self.answerless:
            self._end_before_next_question(marks[0].start if marks else self.start)
            self._end_steps_before(marks)
            return
        if marks:
            self._end_before_next_question(marks[0].start)
            marks = [mark for mark in marks if mark.stem_start < self.end]
            marks = [mark for mark in marks if mark.text.strip()] or marks
        if not marks and rule.marker is None and rule.pattern is None:
            marks = self._unannounced()
        if not marks:
            self.codes.append("no_answer_marker")
            return
        if not marks[-1].text.strip():
            self.codes.append("no_answer_text")
            self._end_steps_before(marks)
            return
        if len({mark.text.strip(" .*") for mark in marks}) > 1:
            self.codes.append("several_answers")
        self.mark = marks[-1]
        self._end_steps_before(marks)

    def _end_steps_before(self, marks: list[AnswerMark]) -> None:
        if marks and not self.tagged and not marks[-1].concluding:
            self.stop = min(self.stop, marks[0].stem_start)

    def _end_before_next_question(self, start: int) -> None:
        following = _NEXT_QUESTION.search(self.reply, start, self.end)
        if following is not None and self.reply[: following.start()].strip():
            self.codes.append("runs_on")
            self.end = following.start()
            self.stop = min(self.stop, self.end)

    def _unannounced(self) -> list[AnswerMark]:
        """What is left of the reply after its reasoning, where that is an answer and nothing else."""
        if (found := conclusion(self.reply, self.answer_from, self.end)) is not None:
            return [found]
        if not self.tagged and self.answer_from == 0 and "\n" in self.reply.strip():
            return []
        span = after_stem(self.reply, self.answer_from, self.end)
        text = self.reply[slice(*span)]
        alone = self.reply[span[1] : self.end].strip() == ""
        if not alone or "=" in text or len(text.split()) > 3 or not _says_by_itself(text):
            return []
        return [AnswerMark(span[0], span[0], *span, "", text)]

    def chain(self, style: Style | None) -> Chain:
        """Split the steps and put everything together."""
        found, style = split_steps(self.reply, self.start, max(self.start, self.stop), style)
        steps = tuple(self._step(index, labelled) for index, labelled in enumerate(found))
        if not steps:
            self.codes.append("no_steps")
        chain = self._chain(steps, style)
        if self.mark is not None and self.mark.concluding and chain.answer_step is None:
            self.mark = None  # a conclusion before the steps concludes nothing
            self.codes.append("no_answer_marker")
            chain = self._chain(steps, style)
        return chain

    def _chain(self, steps: tuple[Step, ...], style: Style) -> Chain:
        return Chain(
            self.reply,
            steps,
            self.mark,
            style if steps else "none",
            (self.start, max(self.start, self.stop)),
            tuple(Finding(code) for code in dict.fromkeys(self.codes)),
        )

    def _step(self, index: int, labelled: Labelled) -> Step:
        start, body, end = labelled
        complete = not (self.cut and self.reply[end:].strip() == "")
        return Step(index, start, body, end, self.reply[start:body], self.reply[body:end], complete)


def _says_by_itself(text: str) -> bool:
    """Whether ``text`` is plainly an answer without being announced as one; a few words may be anything."""
    read = read_answer(text)
    return isinstance(read, Answer) and read.kind != "text"
